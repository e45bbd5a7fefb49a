using System.Text;
using System.Text.Json;
using CsCheck;
using ShoreGuard.Rollback.Engine.Probing;
using Xunit;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

public sealed class ReadinessTests
{
    private static readonly string[] KnownKeys =
    [
        "database", "database_latency_ms", "gateway_service", "gateway_registry", "gateways_total", "gateways_connected", "gateways_degraded", "gateways",
        "background_cleanup", "background_cleanup_age_s", "background_cleanup_stalled", "background_discovery", "background_discovery_stalled",
    ];

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.OneOf("\"ok\"", "\"dead\"", "\"stalled\"", "\"not initialised\"", "\"timeout after 5s\"", "true", "false", "null", "{}", "[]", "\"\"", "1e999",
        "-0", "1.5", "99999999999999999999"),
        Gen.String[Gen.Char.AlphaNumeric, 0, 12].Select(text => JsonSerializer.Serialize(text)),
        Gen.Double.Where(double.IsFinite).Select(number => JsonSerializer.Serialize(number)));

    private static readonly Gen<string> Value = Gen.OneOf(
        Scalar,
        Scalar.Array[0, 3].Select(items => $"[{string.Join(',', items)}]"),
        Scalar.Array[0, 3]
        .Select(items => $"[{string.Join(',', items.Select(item => $"{{\"name\":{item},\"connected\":{item},\"last_seen\":{item},\"status\":{item}}}"))}]"));

    private static readonly Gen<string> Key = Gen.OneOf(Gen.OneOf(KnownKeys), Gen.String[Gen.Char.AlphaNumeric, 1, 10].Select(name => "x_" + name));

    private static readonly Gen<(string Key, string Value)[]> Members = Gen.Select(Key, Value).Array[0, 14];

    private static ProbeAnswer Answer(int status, string body)
    {
        var (json, error) = ProbeClient.Parse(Encoding.UTF8.GetBytes(body));
        return new() { Path = "/readyz", LatencyMs = 1, StatusCode = status, Json = json, Error = error };
    }

    private static HealthReport Judge(ProbeAnswer liveness, ProbeAnswer readiness, ProbeAnswer version, params string[] ignored) =>
        HealthProbe.Judge(new() { Uri = new("http://localhost:8888"), IgnoredChecks = ignored }, liveness, readiness, version, DateTimeOffset.UnixEpoch);

    [Fact]
    public void Whatever_checks_say_nothing_throws_and_every_unknown_key_is_kept_in_order() =>
        Members.Sample(members =>
        {
            var body = $"{{\"status\":\"ready\",\"checks\":{{{string.Join(',', members.Select(member => $"\"{member.Key}\":{member.Value}"))}}}}}";
            foreach (var status in new[] { 200, 503 })
            {
                var (readiness, problem) = Readiness.Read(Answer(status, body), _ => false);

                Assert.True(readiness is not null, $"{problem}: {body}");
                var unknown = members.Select(member => member.Key).Where(key => key.StartsWith("x_", StringComparison.Ordinal)).Distinct();
                Assert.Equal(unknown, readiness.Checks.Select(check => check.Name).Where(name => name.StartsWith("x_", StringComparison.Ordinal)));
            }
        });

    [Fact]
    public void No_key_is_lost_it_is_a_check_or_part_of_one_or_of_the_gateways() =>
        Members.Sample(members =>
        {
            var body = $"{{\"status\":\"ready\",\"checks\":{{{string.Join(',', members.Select(member => $"\"{member.Key}\":{member.Value}"))}}}}}";
            var (readiness, _) = Readiness.Read(Answer(200, body), _ => false);
            var names = readiness!.Checks.Select(check => check.Name).ToHashSet();

            foreach (var key in members.Select(member => member.Key).Distinct().Where(key => !names.Contains(key)))
                Assert.True(key.StartsWith("gateways", StringComparison.Ordinal)
                    || names.Any(name => key.StartsWith(name + "_", StringComparison.Ordinal)), $"{key} is lost of {body}");
        });

    [Fact]
    public void Whatever_three_probes_say_there_is_a_report() =>
        Gen.Select(Body, Body, Body, Gen.OneOf(0, 200, 204, 301, 401, 404, 429, 500, 502, 503)).Sample((live, ready, version, status) =>
        {
            var report = Judge(Answer(200, live), Answer(status, ready), Answer(200, version));

            Assert.NotEmpty(report.Explanation);
            Assert.NotEmpty(report.Recommendation);
            Assert.True(!report.Ready || status is 200 or 503);
            Assert.True(!report.IsHealthy || (report.Live && report.Ready));
        });

    private static Gen<string> Body => Gen.OneOf(
        Scalar,
        Gen.String,
        Gen.OneOf("""{"status":"ok"}""", """{"version":"1","git_sha":"x","build_time":"yesterday"}""", """{"status":7,"checks":[]}""", "<html>", "", "{"),
        Members.Select(members =>
        $"{{\"status\":\"not ready\",\"checks\":{{{string.Join(',', members.Select(member => $"\"{member.Key}\":{member.Value}"))}}}}}"));

    [Fact]
    public void Bytes_that_are_no_text_are_no_json_and_nothing_worse() =>
        Gen.Byte.Array[0, 64].Sample(bytes => ProbeClient.Parse(bytes));

    [Fact]
    public void Deep_nesting_is_broken_json() =>
        Assert.Equal("broken JSON", ProbeClient.Parse(Encoding.UTF8.GetBytes(new string('[', 100_000))).Error);

    [Fact]
    public void Ignoring_every_failing_check_makes_ready_and_ignoring_all_but_one_does_not() =>
        Gen.Select(Gen.Int[1, 6], Gen.Bool).Sample((count, all) =>
        {
            var names = Enumerable.Range(0, count).Select(number => $"background_task{number}").ToArray();
            var body = $"{{\"status\":\"not ready\",\"checks\":{{\"database\":\"ok\",{string.Join(',', names.Select(name => $"\"{name}\":\"dead\""))}}}}}";

            var report = Judge(Answer(200, """{"status":"ok"}"""), Answer(503, body), Answer(200, "{}"), all ? names : names[1..]);

            Assert.Equal(all, report.Ready);
        });

    [Fact]
    public void The_last_of_two_equal_keys_counts_as_in_any_json_reader()
    {
        var (readiness, _) = Readiness.Read(Answer(503, """{"status":"not ready","checks":{"database":"ok","database":"gone"}}"""), _ => false);

        Assert.Equal("gone", Assert.Single(readiness!.Checks).Message);
    }

    [Fact]
    public void Times_without_a_zone_are_utc()
    {
        var (readiness, _) = Readiness.Read(
            Answer(200, """{"status":"ready","checks":{"gateways":[{"name":"gw","last_seen":"2026-11-22T22:58:27.5","connected":true}]}}"""), _ => false);

        Assert.Equal(new DateTimeOffset(2026, 11, 22, 22, 58, 27, 500, TimeSpan.Zero), readiness!.Gateways.Gateways[0].LastSeen);
        Assert.Empty(readiness.Checks);
    }
}
