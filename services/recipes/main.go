// Command recipes serves recipes and the cost of their portions.
package main

import (
	"os"

	"delivery.example/kit/service"
	"delivery.example/recipes/internal/app"
)

func main() { os.Exit(service.Main(app.Run)) }
