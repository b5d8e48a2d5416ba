"""What do scanners say about rendered manifests? Files for them to read, and their SARIF logs read back."""
