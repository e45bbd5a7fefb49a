using System.Text;
using CsCheck;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Rollbacks;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>Readers of what others have written: any bytes give a value or an error of ours.</summary>
public sealed class ForeignReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-foreign-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_sidecar()
    {
        var backup = Path.Combine(_folder, "backup");
        Gen.OneOf(Foreign.Json("format", "kind", "database", "rows", "createdAt", "size", "buildTime", "proven", "release"),
            Foreign.Broken("""{"format":1,"kind":"Sqlite","size":12,"buildTime":"2026-01-01T00:00:00Z","rows":{"a":1},"release":"0.27.0"}""")).Sample(bytes =>
        {
            File.WriteAllBytes(BackupSidecar.PathFor(backup), bytes);
            var sidecar = BackupSidecar.TryRead(backup);
            _ = sidecar?.Tables();
            _ = sidecar?.Identity(backup);
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void What_holds_a_lock_and_what_is_a_process() => Text("Machine", "Process", "Id", "Started", "What", "Began", "User").Sample(text =>
    {
        _ = LockHolder.TryParse(text);
        _ = ProcessIdentity.TryParse(text);
    });

    [Fact]
    public void What_the_probe_of_an_image_prints() => Text("error", "migrations", "revision", "problems").Sample(text => Engine.Schema.ProbeAnswer.TryParse(text));

    [Fact]
    public void What_an_application_answers() => Foreign.Json("status", "checks", "gateways", "gateways_total", "version", "git_sha", "build_time", "name", "last_seen").Sample(bytes =>
    {
        var (json, error) = ProbeClient.Parse(bytes);
        foreach (var status in (int[])[200, 503, 404])
        {
            var answer = new Engine.Probing.ProbeAnswer { Path = "/x", LatencyMs = 1, StatusCode = status, Json = json, Error = error };
            HealthProbe.Judge(new() { Uri = new("http://localhost:8888"), IgnoredChecks = [] }, answer, answer, answer, DateTimeOffset.UnixEpoch);
        }
    });

    private static Gen<string> Text(params string[] names) => Foreign.Json(names).Select(Encoding.UTF8.GetString);
}
