environment        = "stage"
region             = "eu-central-1"
availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
kubernetes_version = "1.34"
cidr               = "10.21.0.0/16"
nat_per_zone       = false
namespaces         = ["stage", "platform"]

# Reached from the office and from CI's fixed addresses. These are documentation's (RFC 5737): put yours here.
public_access_cidrs = ["203.0.113.0/24"]

nodes = {
  instance_types = ["m7i.large"]
  min            = 2
  desired        = 2
  max            = 6
}

# Examples, as everything with 0000 is: put your account's roles and CircleCI's IDs here.
admin_role_arns = ["arn:aws:iam::000000000000:role/platform"]

ci = {
  organization_id = "00000000-0000-4000-8000-000000000001"
  project_id      = "00000000-0000-4000-8000-000000000002"
  vcs_origin      = "github.com/example/delivery"
  branches        = ["release/*", "hotfix/*"]
}
