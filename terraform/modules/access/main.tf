# A role that CI takes on with its own short-lived token (OpenID Connect): there is no key that could leak.

locals {
  issuer = regex("oidc-provider/(.+)$", var.oidc_provider_arn)[0]
}

resource "aws_iam_role" "this" {
  name                 = var.name
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = var.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = { "${local.issuer}:aud" = var.audience }
        StringLike   = { "${local.issuer}:sub" = var.subjects }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "least"
  role   = aws_iam_role.this.id
  policy = var.policy
}
