# The registry and CI's identity. Nothing here reaches AWS: the provider is a mock.

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
  mock_resource "aws_iam_openid_connect_provider" {
    defaults = { arn = "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/00000000-0000-4000-8000-000000000001" }
  }
}

variables {
  region = "eu-central-1"

  ci = {
    organization_id = "00000000-0000-4000-8000-000000000001"
    project_id      = "00000000-0000-4000-8000-000000000002"
    vcs_origin      = "github.com/example/delivery"
  }
}

run "registry" {
  module {
    source = "../modules/registry"
  }

  variables {
    repositories = ["delivery/restaurant", "delivery/charts/restaurant"]
    kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.image_tag_mutability == "IMMUTABLE"])
    error_message = "a tag is given once"
  }
  assert {
    condition     = alltrue([for r in aws_ecr_repository.this : r.image_scanning_configuration[0].scan_on_push])
    error_message = "what is pushed is scanned"
  }
  assert {
    condition = alltrue([
      for r in aws_ecr_repository.this :
      r.encryption_configuration[0].encryption_type == "KMS" && r.encryption_configuration[0].kms_key == var.kms_key_arn
    ])
    error_message = "images are encrypted with our key"
  }
  assert {
    condition = alltrue([
      for p in aws_ecr_lifecycle_policy.this : [for r in jsondecode(p.policy).rules : r.selection.tagStatus] == ["untagged"]
    ])
    error_message = "only what has no tag expires: an environment runs what has one"
  }
}

run "shared" {
  assert {
    condition     = toset(keys(output.repository_urls)) == toset([for name in var.repositories : "delivery/${name}"])
    error_message = "each repository of a release is made, below delivery/"
  }
  assert {
    condition = alltrue([
      for name in ["files", "releases"] : contains(keys(output.repository_urls), "delivery/${name}")
    ]) && anytrue([for name in keys(output.repository_urls) : startswith(name, "delivery/charts/")])
    error_message = "charts lie below charts/, by their own names, as helm pushes them"
  }
  assert {
    condition     = aws_iam_openid_connect_provider.circleci.client_id_list == toset([var.ci.organization_id])
    error_message = "only tokens of our organisation count"
  }
}

run "publisher" {
  module {
    source = "../modules/access"
  }

  variables {
    name              = "delivery-publisher"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/00000000-0000-4000-8000-000000000001"
    audience          = "00000000-0000-4000-8000-000000000001"
    subjects          = ["org/00000000-0000-4000-8000-000000000001/project/00000000-0000-4000-8000-000000000002/user/*/vcs-origin/github.com/example/delivery/vcs-ref/refs/heads/release/*"]
    policy            = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["oidc.circleci.com/org/00000000-0000-4000-8000-000000000001:aud"] == var.audience
    error_message = "the role is for our organisation's tokens"
  }
  assert {
    condition     = tolist(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringLike["oidc.circleci.com/org/00000000-0000-4000-8000-000000000001:sub"]) == var.subjects
    error_message = "the role is for these branches of this project"
  }
}

run "a_role_for_any_branch_is_refused" {
  command = plan
  module {
    source = "../modules/access"
  }
  variables {
    name              = "delivery-publisher"
    oidc_provider_arn = "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/00000000-0000-4000-8000-000000000001"
    audience          = "00000000-0000-4000-8000-000000000001"
    subjects          = ["org/00000000-0000-4000-8000-000000000001/project/*"]
    policy            = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  }
  expect_failures = [var.subjects]
}

run "a_repository_with_capitals_is_refused" {
  command = plan
  module {
    source = "../modules/registry"
  }
  variables {
    repositories = ["delivery/Restaurant"]
    kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  expect_failures = [var.repositories]
}

run "a_registry_without_records_is_refused" {
  command = plan
  variables {
    repositories = ["restaurant", "files"]
  }
  expect_failures = [var.repositories]
}
