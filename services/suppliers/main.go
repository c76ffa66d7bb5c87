// Command suppliers serves suppliers and their priced ingredients, and migrates
// their schema.
package main

import (
	"os"

	"delivery.example/kit/service"
	"delivery.example/suppliers/internal/app"
)

func main() { os.Exit(service.Main(app.Run, app.Migrations)) }
