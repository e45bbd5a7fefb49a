using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.EndToEnd.Tests;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.Benchmarks;

/// <summary>How long it takes to list two hundred tags, each of an image of its own: with an empty cache, and once more.</summary>
internal static class ManyReleases
{
    private const int Tags = 200;
    private const int Runs = 7;
    private const string Kind = "application/vnd.docker.distribution.manifest.v2+json";
    private const double ColdTarget = 2000, CachedTarget = 200;

    public static async Task<IReadOnlyList<Measurement>> Measure(Action<string> log)
    {
        var cache = Directory.CreateTempSubdirectory("shoreguard-bench-cache-");
        var before = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache.FullName);
        var repository = $"bench/shoreguard-{Guid.NewGuid().ToString("n")[..8]}";
        var (host, path) = (Stack.Repository.Split('/')[0], Stack.Repository[(Stack.Repository.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{host}/v2/") };
        var digests = new List<string>();
        try
        {
            log($"Listing {Tags} tags of a registry, {Runs} runs ...");
            digests.AddRange(await Publish(http, path, repository));
            using var shell = new ModuleHost();
            // The engine is loaded with the first command; that is the session's share and not the listing's.
            shell.Run($"Get-ShoreGuardRelease {Stack.Repository} -First 1").ThrowIfFailed();
            var (cold, cached) = (new List<double>(), new List<double>());
            for (var run = 0; run < Runs; run++)
            {
                cache.Delete(recursive: true);
                cold.Add(List(shell, $"{host}/{repository}"));
                cached.Add(List(shell, $"{host}/{repository}"));
            }
            return
            [
                new($"Get-ShoreGuardRelease, {Tags} tags, empty cache", "target", "ms", Measurement.Median(cold), ColdTarget, Runs),
                new($"Get-ShoreGuardRelease, {Tags} tags, cached", "target", "ms", Measurement.Median(cached), CachedTarget, Runs),
            ];
        }
        finally
        {
            foreach (var digest in digests)
                (await http.DeleteAsync($"{repository}/manifests/{digest}")).Dispose();
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", before);
            if (Directory.Exists(cache.FullName))
                Directory.Delete(cache.FullName, recursive: true);
        }
    }

    private static double List(ModuleHost shell, string repository)
    {
        var clock = Stopwatch.StartNew();
        var releases = shell.Run($"Get-ShoreGuardRelease {repository}").ThrowIfFailed().Output;
        clock.Stop();
        return releases.Count == Tags ? clock.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"{releases.Count} releases instead of {Tags}.");
    }

    // A stand-in image again and again, each with a version of its own in its configuration; the layers are mounted, not sent.
    private static async Task<IReadOnlyList<string>> Publish(HttpClient http, string from, string to)
    {
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue(Kind));
        var manifest = JsonNode.Parse(await http.GetStringAsync($"{from}/manifests/0.27.0"))!;
        var config = await http.GetStringAsync($"{from}/blobs/{manifest["config"]!["digest"]}");
        foreach (var layer in manifest["layers"]!.AsArray())
            (await http.PostAsync($"{to}/blobs/uploads/?mount={layer!["digest"]}&from={from}", null)).EnsureSuccessStatusCode().Dispose();
        var digests = new List<string>();
        for (var number = 0; number < Tags; number++)
        {
            var own = Encoding.UTF8.GetBytes(config.Replace("SHOREGUARD_VERSION=0.27.0", $"SHOREGUARD_VERSION=0.{number}.0", StringComparison.Ordinal));
            var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(own));
            using var begun = (await http.PostAsync($"{to}/blobs/uploads/", null)).EnsureSuccessStatusCode();
            var place = new UriBuilder(begun.Headers.Location!);
            place.Query = place.Query.Length > 1 ? $"{place.Query[1..]}&digest={digest}" : $"digest={digest}";
            (await http.PutAsync(place.Uri, new ByteArrayContent(own))).EnsureSuccessStatusCode().Dispose();
            (manifest["config"]!["digest"], manifest["config"]!["size"]) = (digest, own.Length);
            using var body = new StringContent(manifest.ToJsonString(), Encoding.UTF8);
            body.Headers.ContentType = new MediaTypeHeaderValue(Kind);
            using var put = (await http.PutAsync($"{to}/manifests/0.{number}.0", body)).EnsureSuccessStatusCode();
            digests.Add(put.Headers.GetValues("Docker-Content-Digest").Single());
        }
        return digests;
    }
}
