# One environment: its network, its cluster, and the role that CI deploys with.

locals {
  name    = "delivery-${var.environment}"
  account = data.aws_caller_identity.current.account_id

  # The Kubernetes side of CI's role, for charts/access.
  access = { group = "delivery:deployers", namespaces = var.namespaces }

  repositories = "arn:aws:ecr:${var.region}:${local.account}:repository/delivery"

  # CI's role finds this cluster, reads images and records, and writes records: nothing that an environment runs. What it
  # may do in the cluster is said there.
  deployer = {
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["eks:DescribeCluster"], Resource = "arn:aws:eks:${var.region}:${local.account}:cluster/${local.name}" },
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
      {
        Effect   = "Allow"
        Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:ListImages", "ecr:DescribeImages"]
        Resource = "${local.repositories}/*"
      },
      {
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload",
          "ecr:PutImage",
        ]
        Resource = "${local.repositories}/releases"
      },
    ]
  }
}

data "aws_caller_identity" "current" {}

# The environment's key: Kubernetes' secrets and all logs.
resource "aws_kms_key" "this" {
  description             = "${local.name}: secrets and logs"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${var.region}:${local.account}:log-group:*" } }
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.key_id
}

module "network" {
  source = "../modules/network"

  name               = local.name
  cluster_name       = local.name
  cidr               = var.cidr
  availability_zones = var.availability_zones
  nat_per_zone       = var.nat_per_zone
  kms_key_arn        = aws_kms_key.this.arn
  log_retention_days = var.log_retention_days
}

module "cluster" {
  source = "../modules/cluster"

  name                = local.name
  kubernetes_version  = var.kubernetes_version
  subnet_ids          = module.network.private_subnet_ids
  public_access_cidrs = var.public_access_cidrs
  kms_key_arn         = aws_kms_key.this.arn
  log_retention_days  = var.log_retention_days
  nodes               = var.nodes
  admin_role_arns     = var.admin_role_arns
  deployers           = { ci = { role_arn = module.deployer.role_arn, namespaces = local.access.namespaces, group = local.access.group } }
}

module "deployer" {
  source = "../modules/access"

  name              = "${local.name}-deployer"
  oidc_provider_arn = "arn:aws:iam::${local.account}:oidc-provider/oidc.circleci.com/org/${var.ci.organization_id}"
  audience          = var.ci.organization_id
  subjects = [
    for branch in var.ci.branches : join("/", [
      "org/${var.ci.organization_id}/project/${var.ci.project_id}/user/*",
      "vcs-origin/${var.ci.vcs_origin}/vcs-ref/refs/heads/${branch}",
    ])
  ]

  policy = jsonencode(local.deployer)
}
