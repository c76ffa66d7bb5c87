output "cluster_name" {
  description = "The cluster's name, for delivery.yaml."
  value       = module.cluster.name
}

output "cluster_endpoint" {
  description = "The API server's address."
  value       = module.cluster.endpoint
}

output "cluster_ca" {
  description = "The API server's certificate authority, in base64."
  value       = module.cluster.certificate_authority
}

output "deployer_role_arn" {
  description = "The role that CI deploys with; it stands in the environment's context of CircleCI as AWS_ROLE_ARN."
  value       = module.deployer.role_arn
}

output "access" {
  description = "The values of charts/access, which makes CI's namespaces and its Role in them."
  value       = local.access
}

output "vpc_id" {
  description = "The VPC."
  value       = module.network.vpc_id
}

output "private_subnet_ids" {
  description = "The nodes' subnets."
  value       = module.network.private_subnet_ids
}
