namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>Signs images of the stack's registry with a key of its own, by cosign itself, and without the public log, which is out of reach.</summary>
internal static class Signer
{
    private static readonly Dictionary<string, string> Variables = new() { ["COSIGN_PASSWORD"] = "" };

    /// <summary>Makes <c>NAME.key</c> and <c>NAME.pub</c> in a folder; gives the path of the public one.</summary>
    public static string MakeKey(string folder, string name = "cosign")
    {
        var prefix = Path.Combine(folder, name);
        Docker.RunProgram("cosign", ["generate-key-pair", "--output-key-prefix", prefix], Variables);
        return $"{prefix}.pub";
    }

    /// <summary>Signs a tag's present digest with the key beside the public one.</summary>
    public static void Sign(string image, string publicKey)
    {
        var repository = image[..image.LastIndexOf(':')];
        Docker.Run("pull", "--quiet", image);
        var digest = Docker.Run("image", "inspect", image, "--format", "{{range .RepoDigests}}{{println .}}{{end}}")
            .Split('\n').First(line => line.StartsWith($"{repository}@", StringComparison.Ordinal));
        Docker.RunProgram("cosign",
            ["sign", "--yes", "--key", Path.ChangeExtension(publicKey, "key"), "--use-signing-config=false", "--tlog-upload=false", digest], Variables);
    }
}
