// The images of this module, by tag. Scripts on the host import this file too: plain literals, no imports.
export const images = {
  scanner: "sonarsource/sonar-scanner-cli:11.3",
  server: "sonarqube:25.12.0.117093-community",
}
