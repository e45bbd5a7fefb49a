namespace ShoreGuard.Rollback.Engine.Deployments.Compose;

/// <summary>Where and how a target is to be written down; nothing is written yet.</summary>
/// <param name="Path">The environment file.</param>
/// <param name="Variable">The variable in it.</param>
/// <param name="NewValue">What it will say.</param>
internal sealed record ComposePin(string Path, string Variable, string NewValue)
{
    /// <summary>Finds the place for a deployment.</summary>
    /// <param name="deployment">Whose Compose files say which variable decides the image.</param>
    /// <param name="image">The target, with its digest where it has one.</param>
    /// <param name="obstacle">Why it cannot be pinned; null when it can.</param>
    /// <exception cref="ShoreGuardException">The Compose file is gone, not YAML, or lacks the service.</exception>
    public static ComposePin? Find(Deployment deployment, ImageReference image, out string? obstacle)
    {
        obstacle = null;
        if (deployment.ComposeFiles.Count == 0 || deployment.Service is null || deployment.ComposeDirectory is null)
        {
            obstacle = "it was not made by Compose, so there is no file to pin it in";
            return null;
        }
        var template = ComposeFiles.ReadImage(deployment);
        if (template?.Variable is not { } variable)
        {
            obstacle = template is null
                ? $"the service {deployment.Service} has no image: in {deployment.ComposeFiles[^1]}, so the next 'docker compose up' builds it; give it image: {image}"
                : $"the image: in {deployment.ComposeFiles[^1]} names no variable; write image: {image} there";
            return null;
        }
        var file = deployment.EnvironmentFiles.Count > 0 ? deployment.EnvironmentFiles[^1] : System.IO.Path.Combine(deployment.ComposeDirectory, ".env");
        var value = template.IsWhole ? image.ToString() : image.ToString()[(image.Repository.Length + 1)..];
        return new(file, variable, value);
    }

    /// <summary>Whether a variable of this shell would beat the pin at the next <c>docker compose up</c>.</summary>
    public bool IsOverridden => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } exported && exported != NewValue;
}
