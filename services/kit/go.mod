module delivery.example/kit

go 1.26
