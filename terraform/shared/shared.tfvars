region = "eu-central-1"

# Examples, as everything with 0000 is: put CircleCI's IDs of your organisation and project here.
ci = {
  organization_id = "00000000-0000-4000-8000-000000000001"
  project_id      = "00000000-0000-4000-8000-000000000002"
  vcs_origin      = "github.com/example/delivery"
}
