// Command restaurant serves restaurants, their menus and the dishes' margins.
package main

import (
	"os"

	"delivery.example/kit/service"
	"delivery.example/restaurant/internal/app"
)

func main() { os.Exit(service.Main(app.Run)) }
