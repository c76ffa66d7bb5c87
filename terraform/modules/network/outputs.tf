output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "The subnets for load balancers, one a zone."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "The subnets for nodes, one a zone."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}
