# What all environments of the account share: the registry, through which a digest goes from dev to prod, and CI's identity.

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "registry" {
  description             = "delivery: images"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Account"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "registry" {
  name          = "alias/delivery-registry"
  target_key_id = aws_kms_key.registry.key_id
}

module "registry" {
  source = "../modules/registry"

  repositories = [for name in var.repositories : "delivery/${name}"]
  kms_key_arn  = aws_kms_key.registry.arn
}

resource "aws_iam_openid_connect_provider" "circleci" {
  url            = "https://oidc.circleci.com/org/${var.ci.organization_id}"
  client_id_list = [var.ci.organization_id]
}

module "publisher" {
  source = "../modules/access"

  name              = "delivery-publisher"
  oidc_provider_arn = aws_iam_openid_connect_provider.circleci.arn
  audience          = var.ci.organization_id
  subjects = [
    for branch in var.ci.branches : join("/", [
      "org/${var.ci.organization_id}/project/${var.ci.project_id}/user/*",
      "vcs-origin/${var.ci.vcs_origin}/vcs-ref/refs/heads/${branch}",
    ])
  ]

  # It pushes to these repositories and reads from them; it deletes nothing, and reaches no cluster.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      {
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:ListImages",
        ]
        Resource = values(module.registry.arns)
      },
    ]
  })
}
