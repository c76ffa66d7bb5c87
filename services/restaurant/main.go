// Command restaurant serves restaurants, their menus with margins, and feedback,
// and migrates their schema.
package main

import (
	"os"

	"delivery.example/kit/service"
	"delivery.example/restaurant/internal/app"
)

func main() { os.Exit(service.Main(app.Run, app.Migrations)) }
