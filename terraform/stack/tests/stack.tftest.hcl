# What every environment has to have. Nothing here reaches AWS: the provider is a mock.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0" }
  }
}

variables {
  environment         = "dev"
  region              = "eu-central-1"
  cidr                = "10.20.0.0/16"
  availability_zones  = ["eu-central-1a", "eu-central-1b"]
  nat_per_zone        = false
  kubernetes_version  = "1.34"
  public_access_cidrs = ["203.0.113.0/24"]
  namespaces          = ["dev", "platform"]
  admin_role_arns     = ["arn:aws:iam::123456789012:role/platform"]

  nodes = { instance_types = ["t3.large"], min = 1, desired = 2, max = 4 }

  ci = {
    organization_id = "00000000-0000-4000-8000-000000000001"
    project_id      = "00000000-0000-4000-8000-000000000002"
    vcs_origin      = "github.com/example/delivery"
    branches        = ["develop"]
  }
}

run "network" {
  module {
    source = "../modules/network"
  }

  variables {
    name               = "delivery-dev"
    cluster_name       = "delivery-dev"
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days = 365
  }

  assert {
    condition     = length(aws_subnet.public) == 2 && length(aws_subnet.private) == 2
    error_message = "each zone has one public and one private subnet"
  }
  assert {
    condition     = length(distinct(concat([for s in aws_subnet.public : s.cidr_block], [for s in aws_subnet.private : s.cidr_block]))) == 4
    error_message = "subnets have addresses of their own"
  }
  assert {
    condition = (
      [for s in aws_subnet.public : s.cidr_block] == ["10.20.0.0/20", "10.20.16.0/20"] &&
      [for s in aws_subnet.private : s.cidr_block] == ["10.20.128.0/19", "10.20.160.0/19"]
    )
    error_message = "public subnets are in the lower half of the range, private ones in the upper: they cannot overlap"
  }
  assert {
    condition     = alltrue([for s in aws_subnet.public : s.map_public_ip_on_launch == false])
    error_message = "nothing gets a public address without asking"
  }
  assert {
    condition     = alltrue([for r in aws_route.private : r.gateway_id == null && r.nat_gateway_id != null])
    error_message = "private subnets go out through NAT, never straight to the internet"
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1
    error_message = "without nat_per_zone there is one NAT gateway"
  }
  assert {
    condition = (
      aws_flow_log.this.traffic_type == "ALL" &&
      aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn &&
      aws_cloudwatch_log_group.flow.retention_in_days == 365
    )
    error_message = "all traffic is logged, encrypted, for a year"
  }
  assert {
    condition = (
      length(coalesce(aws_default_security_group.this.ingress, [])) == 0 &&
      length(coalesce(aws_default_security_group.this.egress, [])) == 0
    )
    error_message = "the default security group lets nothing through"
  }
}

run "network_with_nat_per_zone" {
  module {
    source = "../modules/network"
  }

  variables {
    name               = "delivery-prod"
    cluster_name       = "delivery-prod"
    nat_per_zone       = true
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days = 365
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2
    error_message = "with nat_per_zone each zone has its own NAT gateway"
  }
}

run "cluster" {
  module {
    source = "../modules/cluster"
  }

  variables {
    name               = "delivery-dev"
    subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days = 365
    deployers          = { ci = { role_arn = "arn:aws:iam::123456789012:role/delivery-dev-deployer", namespaces = ["dev"], group = "delivery:deployers" } }
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].endpoint_private_access &&
      !contains(aws_eks_cluster.this.vpc_config[0].public_access_cidrs, "0.0.0.0/0")
    )
    error_message = "the API server is reached from inside, and never by the whole internet"
  }
  assert {
    condition = (
      aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"]) &&
      aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == var.kms_key_arn
    )
    error_message = "Kubernetes' secrets are encrypted with our key"
  }
  assert {
    condition     = aws_eks_cluster.this.enabled_cluster_log_types == toset(["api", "audit", "authenticator", "controllerManager", "scheduler"])
    error_message = "all logs of the control plane are kept"
  }
  assert {
    condition = (
      aws_cloudwatch_log_group.cluster.name == "/aws/eks/delivery-dev/cluster" &&
      aws_cloudwatch_log_group.cluster.kms_key_id == var.kms_key_arn
    )
    error_message = "the control plane's log group is the one that EKS writes to, encrypted"
  }
  assert {
    condition = (
      aws_eks_cluster.this.access_config[0].authentication_mode == "API" &&
      !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    )
    error_message = "access is by EKS access entries alone, and the creator is no secret administrator"
  }
  assert {
    condition = (
      aws_eks_node_group.this.scaling_config[0].min_size == 1 &&
      aws_eks_node_group.this.scaling_config[0].desired_size == 2 &&
      aws_eks_node_group.this.scaling_config[0].max_size == 4
    )
    error_message = "the node group scales as nodes says"
  }
  assert {
    condition = (
      tobool(aws_launch_template.node.block_device_mappings[0].ebs[0].encrypted) &&
      aws_launch_template.node.metadata_options[0].http_tokens == "required" &&
      aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    )
    error_message = "nodes have encrypted disks, and pods cannot take the node's credentials"
  }
  assert {
    condition = (
      aws_eks_access_policy_association.deployer["ci"].access_scope[0].type == "namespace" &&
      aws_eks_access_policy_association.deployer["ci"].access_scope[0].namespaces == toset(["dev"])
    )
    error_message = "CI reaches its namespaces, not the cluster"
  }
  assert {
    condition     = aws_eks_access_entry.deployer["ci"].kubernetes_groups == toset(["delivery:deployers"])
    error_message = "CI's role has the group that charts/access gives its Role to"
  }
}

run "cluster_without_a_public_address" {
  module {
    source = "../modules/cluster"
  }

  variables {
    name                = "delivery-dev"
    public_access_cidrs = []
    subnet_ids          = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    kms_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days  = 365
    deployers           = {}
  }

  assert {
    condition = (
      aws_eks_cluster.this.vpc_config[0].endpoint_private_access &&
      !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    )
    error_message = "with nobody in public_access_cidrs the API server has no public address"
  }
}

run "environment" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "the key is rotated"
  }
  assert {
    condition     = output.cluster_name == "delivery-dev"
    error_message = "names begin with the environment"
  }
  assert {
    condition     = jsonencode(output.access) == jsonencode({ group = "delivery:deployers", namespaces = ["dev", "platform"] })
    error_message = "charts/access gets the namespaces and the group"
  }
  assert {
    condition = alltrue([
      for s in local.deployer.Statement : endswith(s.Resource, ":repository/delivery/releases") ||
      length(setintersection(s.Action, ["ecr:PutImage", "ecr:InitiateLayerUpload"])) == 0
    ])
    error_message = "a role that deploys writes records, and pushes nothing that an environment runs"
  }
  assert {
    condition     = !strcontains(aws_kms_key.this.policy, "\"AWS\":\"*\"")
    error_message = "the key is the account's alone"
  }
}

run "the_whole_internet_is_refused" {
  command = plan
  module {
    source = "../modules/cluster"
  }
  variables {
    name                = "delivery-dev"
    public_access_cidrs = ["0.0.0.0/0"]
    subnet_ids          = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    kms_key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days  = 365
    deployers           = {}
  }
  expect_failures = [var.public_access_cidrs]
}

run "nodes_that_cannot_scale_are_refused" {
  command = plan
  module {
    source = "../modules/cluster"
  }
  variables {
    name               = "delivery-dev"
    nodes              = { instance_types = ["t3.large"], min = 3, desired = 2, max = 4 }
    subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days = 365
    deployers          = {}
  }
  expect_failures = [var.nodes]
}

run "one_zone_is_refused" {
  command = plan
  module {
    source = "../modules/network"
  }
  variables {
    name               = "delivery-dev"
    cluster_name       = "delivery-dev"
    availability_zones = ["eu-central-1a"]
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days = 365
  }
  expect_failures = [var.availability_zones]
}

run "prod_from_another_branch_is_refused" {
  command = plan
  variables {
    environment = "prod"
  }
  expect_failures = [var.ci]
}

run "an_unknown_environment_is_refused" {
  command = plan
  variables {
    environment = "test"
  }
  expect_failures = [var.environment]
}

run "a_group_of_kubernetes_itself_is_refused" {
  command = plan
  module {
    source = "../modules/cluster"
  }
  variables {
    name               = "delivery-dev"
    subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    log_retention_days = 365
    deployers          = { ci = { role_arn = "arn:aws:iam::123456789012:role/delivery-dev-deployer", namespaces = ["dev"], group = "system:masters" } }
  }
  expect_failures = [var.deployers]
}
