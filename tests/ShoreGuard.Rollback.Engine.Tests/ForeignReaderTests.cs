using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Probing;
using ShoreGuard.Rollback.Engine.Operations;
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
    public void What_the_probe_of_an_image_prints() =>
        Text("error", "migrations", "revision", "problems").Sample(text => Engine.Schema.ProbeAnswer.TryParse(text)?.ToGraph());

    [Fact]
    public void What_an_application_answers() =>
        Foreign.Json("status", "checks", "gateways", "gateways_total", "version", "git_sha", "build_time", "name", "last_seen").Sample(bytes =>
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
        if (TryParse([.. Encoding.UTF8.GetBytes(Container[..Own]), .. bytes]) is not { } parsed)
            return;
        var container = new ContainerView(parsed);
        foreach (var property in typeof(ContainerView).GetProperties())
            Foreign.Survives(() => property.GetValue(container, BindingFlags.DoNotWrapExceptions, null, null, null));
        Foreign.Survives(() => DeploymentCatalog.IsDeployment(container));
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
        Foreign.Survives(
            () => ContainerRecipe.From(container, new([]), "image:1", new HashSet<string>(), new Dictionary<string, string>(), new Dictionary<string, string>(),
            new Dictionary<string, string>()));
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

    [Fact]
    public void The_record_on_an_engine() =>
        Foreign.Json("Format", "Number", "Operation", "Options", "Note", "IsLeft", "HasEnded", "Deployment", "Kind", "Id", "Began", "Plan", "Steps")
        .Sample(bytes =>
        Foreign.Survives(() => EngineRecord.TryParse(bytes, "prod-shoreguard-1")));

    [Fact]
    public void The_mark_on_a_database() => Text("database", "maker", "made", "Machine", "Process", "Id", "Started").Sample(text =>
        PostgresMark.TryParse($"ShoreGuard.Rollback, in the making: {text}")?.IsLeftOver());

    [Fact]
    public void A_value_with_variables() => Gen.OneOf(
        Gen.OneOf("$", "$$", "{", "}", ":-", ":?", "-", "?", "+", ":+", "A", "${A:-x}", "${A}").Array[0, 12].Select(string.Concat),
        Foreign.Bytes.Select(Encoding.UTF8.GetString)).Sample(text =>
    {
        try
        {
            var plain = Interpolation.Expand(text, _ => null);
            if (!text.Contains('$'))
                Assert.Equal(text, plain);
        }
        catch (FormatException)
        {
        }
    });

    // Wherever pg_restore's output happens to be cut, what a server gets is the same.
    [Fact]
    public void A_script_is_filtered_alike_in_any_pieces() => Gen.Select(
        Gen.OneOf("COPY public.t (a) FROM stdin;", "1\tx", "\\.", "BEGIN;", "COMMIT;", "SET lock_timeout = 0;", "INSERT INTO t VALUES ('a", "b');",
        "CREATE SCHEMA s;", "-- c", "", "$$",
            "SELECT pg_catalog.set_config('search_path', '', false);", "\\connect x", "GRANT SELECT ON TABLE t TO r;").Array[0, 12]
            .Select(lines => string.Concat(lines.Select(line => line + "\n"))),
        Gen.Int[1, 30].Array[1, 8]).Sample((script, lengths) =>
    {
        var bytes = Encoding.UTF8.GetBytes(script);
        Assert.Equal(Filter([bytes]), Filter(Pieces(bytes, lengths)));
    });

    private static (string Sent, string? Error) Filter(IEnumerable<byte[]> pieces)
    {
        using var sent = new MemoryStream();
        using var filter = new DumpFilter(sent, KeptObjects.None(new HashSet<string>(["GRANT SELECT ON TABLE t TO r;"])), "x.pgdump", "public");
        try
        {
            foreach (var piece in pieces)
                filter.Write(piece);
            return (Encoding.UTF8.GetString(sent.ToArray()), null);
        }
        catch (ShoreGuardException error)
        {
            // What stood before it in the same piece is not sent either.
            return ("", error.Id);
        }
    }

    private static IEnumerable<byte[]> Pieces(byte[] bytes, int[] lengths)
    {
        for (int at = 0, turn = 0; at < bytes.Length; turn++)
        {
            var length = Math.Min(lengths[turn % lengths.Length], bytes.Length - at);
            yield return bytes[at..(at + length)];
            at += length;
        }
    }

    [Fact]
    public void Any_text_is_made_fit_for_a_terminal() =>
        Gen.OneOf(Gen.String[Gen.Char, 0, 200], Gen.String[Gen.Char['\u2020', '\u2070'], 0, 40], Gen.String[Gen.Char['\ud7f0', '\ue010'], 0, 40],
        Gen.String[Gen.Char['\0', '\u00a0'], PlainText.Longest - 4, PlainText.Longest + 40]).Sample(text =>
    {
        var shown = PlainText.Of(text);
        Assert.InRange(shown.Length, 0, PlainText.Longest + 40);
        Assert.DoesNotContain(shown, each =>
            char.IsControl(each) || each is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069'));
        // Nothing is left that could not be written to a terminal or a file.
        Assert.Equal(shown, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(shown)));
        if (PlainText.IsFit(text))
            Assert.Same(text, shown);
    });

    private static Gen<string> Text(params string[] names) => Foreign.Json(names).Select(Encoding.UTF8.GetString);
}
