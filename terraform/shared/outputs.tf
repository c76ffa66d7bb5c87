output "repository_urls" {
  description = "Each repository's address, by its name."
  value       = module.registry.urls
}

output "publisher_role_arn" {
  description = "The role that CI publishes with; it stands in CircleCI's context delivery-publish as AWS_ROLE_ARN."
  value       = module.publisher.role_arn
}
