using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
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
    public void What_the_probe_of_an_image_prints() => Text("error", "migrations", "revision", "problems").Sample(text => Engine.Schema.ProbeAnswer.TryParse(text)?.ToGraph());

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

    [Fact]
    public void A_dump_s_head_list_and_script()
    {
        var path = Path.Combine(_folder, "dump");
        Gen.OneOf(Foreign.Bytes, Foreign.Bytes.Select(rest => (byte[])[.. "PGDMP\u0001\u000f\u0000\u0004\u0008\u0001"u8, .. rest])).Sample(bytes =>
        {
            File.WriteAllBytes(path, bytes);
            _ = PostgresDumpHeader.TryRead(path);
            _ = DumpList.Parse(Encoding.UTF8.GetString(bytes)).Fault;
            using var scanner = new DumpScanner(withFingerprints: true);
            Foreign.Survives(() => scanner.Write(bytes));
            _ = scanner.Rows;
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void A_log_and_a_service_file() => Gen.OneOf(Foreign.Bytes.Select(Encoding.UTF8.GetString),
        Foreign.Broken("[prod]\nhost=db\nport=5432\npassword=x\n").Select(Encoding.UTF8.GetString),
        Foreign.Broken("alembic.util.exc.CommandError: Can't locate revision identified by '017'").Select(Encoding.UTF8.GetString)).Sample(text =>
    {
        _ = StartLog.Read([.. text.Split('\n').Select(SecretScrubber.Scrub)]);
        _ = ServiceFile.Find(text, "prod");
    });

    // What stands before is the engine's own; what follows is whoever's who made the container and its image.
    [Fact]
    public void What_an_engine_says_of_a_container() => Foreign.Broken(Container[Own..]).Sample(bytes =>
    {
        if (TryParse([.. Encoding.UTF8.GetBytes(Container[..Own]), .. bytes]) is not { } container)
            return;
        Foreign.Survives(() => DeploymentCatalog.IsDeployment(container));
        Foreign.Survives(() => ContainerState.IsCrashing(container));
        Foreign.Survives(() => ContainerAddresses.Of(container));
        Foreign.Survives(() => SharedNamespaces.Of(container));
        Foreign.Survives(() => _ = PublishedPorts.NotKept(container).ToList());
        Foreign.Survives(() => _ = PublishedPorts.Changes(container, container).ToList());
        Foreign.Survives(() => DeploymentDatabase.PlaceOf(container));
        Foreign.Survives(() => DeploymentDatabase.Locate(container));
        Foreign.Survives(() => container.Paths("com.docker.compose.project.config_files"));
        Foreign.Survives(() =>
        {
            var deployment = DeploymentCatalog.Describe(container, image: null, "unix:///run/docker.sock");
            _ = ChosenAddresses.Of(container, deployment);
            _ = ChosenAddresses.Uncertain(container, deployment).ToList();
        });
        Foreign.Survives(() => ContainerRecipe.From(container, [], "image:1", new HashSet<string>(), new Dictionary<string, string>(), new Dictionary<string, string>(), new Dictionary<string, string>()));
    }, iter: Iterations);

    private static readonly long Iterations = Environment.GetEnvironmentVariable("ROLLBACK_TEST_FULL") is "1" ? 100_000 : 5_000;

    private static int Own => Container.IndexOf("\"Hostname\"", StringComparison.Ordinal);

    private static JsonObject? TryParse(byte[] bytes)
    {
        try
        {
            return Json.Parse(bytes) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private const string Container = """
        {"Id":"8dfafdbc3a40","Created":"2026-01-01T00:00:00.123456789Z","Name":"/prod-shoreguard-1","Image":"sha256:00","RestartCount":2,"Platform":"linux",
        "State":{"Status":"running","Running":true,"Paused":false,"Restarting":false,"ExitCode":0,"StartedAt":"2026-01-01T00:00:00Z","Health":{"Status":"healthy"}},
        "Config":{"Hostname":"8dfafdbc3a40","Env":["SHOREGUARD_DATABASE_URL=sqlite:////data/shoreguard.db","SHOREGUARD_PORT=8888","PATH=/bin"],"Image":"ghcr.io/flohofstetter/shoreguard:0.27.0",
          "WorkingDir":"/app","Entrypoint":["shoreguard"],"Cmd":null,"ExposedPorts":{"8888/tcp":{}},"MacAddress":"02:42:ac:11:00:02","StopTimeout":10,
          "Labels":{"com.docker.compose.project":"prod","com.docker.compose.service":"shoreguard","com.docker.compose.container-number":"1","com.docker.compose.project.config_files":"/srv/compose.yml,/srv/more.yml","com.docker.compose.project.working_dir":"/srv"}},
        "HostConfig":{"NetworkMode":"prod_default","AutoRemove":false,"PublishAllPorts":false,"Binds":["prod_data:/data:rw"],"Mounts":[{"Type":"volume","Source":"v","Target":"/more"}],"Tmpfs":{"/run":""},"ExtraHosts":["db:192.0.2.1"],
          "PortBindings":{"8888/tcp":[{"HostIp":"127.0.0.1","HostPort":"8888"}]},"PidMode":"","IpcMode":"private"},
        "Mounts":[{"Type":"volume","Name":"prod_data","Source":"/var/lib/docker/volumes/prod_data/_data","Destination":"/data","RW":true}],
        "NetworkSettings":{"Ports":{"8888/tcp":[{"HostIp":"127.0.0.1","HostPort":"8888"}]},
          "Networks":{"prod_default":{"Aliases":["shoreguard"],"DNSNames":["shoreguard"],"IPAddress":"172.18.0.2","GlobalIPv6Address":"","MacAddress":"02:42:ac:12:00:02","NetworkID":"1","IPAMConfig":{"IPv4Address":"172.18.0.2"}}}}}
        """;

    private static Gen<string> Text(params string[] names) => Foreign.Json(names).Select(Encoding.UTF8.GetString);
}
