// Command recipes serves recipes and what they cost, and migrates their schema.
package main

import (
	"os"

	"delivery.example/kit/service"
	"delivery.example/recipes/internal/app"
)

func main() { os.Exit(service.Main(app.Run, app.Migrations)) }
