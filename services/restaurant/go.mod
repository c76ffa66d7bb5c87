module delivery.example/restaurant

go 1.26

require delivery.example/kit v0.0.0

replace delivery.example/kit => ../kit
