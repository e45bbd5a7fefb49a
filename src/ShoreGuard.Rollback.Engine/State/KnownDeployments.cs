using System.Globalization;

namespace ShoreGuard.Rollback.Engine.State;

/// <summary>Which builds a deployment has been seen with.</summary>
/// <param name="state">The store that it belongs to.</param>
internal sealed class KnownDeployments(StateStore state)
{
    /// <summary>Keeps that a deployment runs what it runs now.</summary>
    /// <exception cref="ShoreGuardException">Those of the journal.</exception>
    public void Remember(Deployment deployment)
    {
        using var journal = state.OpenJournal();
        journal.Query(
            """
            INSERT INTO deployment (docker_host, name, image, image_id, digest, version, git_sha, first_seen, last_seen) VALUES ($host, $name, $image, $id, $digest, $version, $sha, $at, $at)
            ON CONFLICT (docker_host, name, image_id) DO UPDATE SET image = $image, digest = $digest, last_seen = $at
            """, _ => true,
            ("$host", deployment.DockerHost), ("$name", deployment.Name), ("$image", deployment.Image), ("$id", deployment.ImageId),
            ("$digest", deployment.Digest),
            ("$version", deployment.Identity?.Version), ("$sha", deployment.Identity?.GitSha),
            ("$at", DateTimeOffset.UtcNow.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)));
    }
}
