output "role_arn" {
  description = "The role that CI takes on."
  value       = aws_iam_role.this.arn

  # Whoever is told the role may use it at once.
  depends_on = [aws_iam_role_policy.this]
}
