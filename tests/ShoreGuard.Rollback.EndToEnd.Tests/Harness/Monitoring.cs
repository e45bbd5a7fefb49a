using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>A Prometheus with the rules of ShoreGuard's documentation, at shortened times, and its Alertmanager, on loopback and for one test.</summary>
internal sealed class Monitoring : IDisposable
{
    public const string User = "oncall";
    public const string Password = "m0nitor/p@ss";
    private const string PasswordHash = "$2b$04$flM9EddHFCj9EFWluchUC.A/gHXWugw0TJf3hqDadlxByacyuaSau";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgtest-monitoring-");
    private readonly List<Process> _processes = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    /// <param name="targets">What it scrapes, each as <c>host:port</c>.</param>
    /// <param name="isLocked">Whether Prometheus wants a name and a password.</param>
    public Monitoring(IEnumerable<string> targets, bool isLocked = false)
    {
        var (prometheus, alertmanager) = (Stack.Require("SHOREGUARD_TEST_PROMETHEUS_PROGRAM"), Stack.Require("SHOREGUARD_TEST_ALERTMANAGER_PROGRAM"));
        PrometheusUri = new($"http://127.0.0.1:{StandInProject.FreePort()}/prometheus");
        AlertmanagerUri = new($"http://127.0.0.1:{StandInProject.FreePort()}/alertmanager");
        _http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}")));
        Write("rules.yml", Rules);
        Write("prometheus.yml", Scrapes(targets));
        Write("web.yml", isLocked ? $"basic_auth_users: {{ {User}: '{PasswordHash}' }}\n" : "");
        Write("alertmanager.yml", "route: { receiver: nobody, group_wait: 0s, group_interval: 1s }\nreceivers: [ { name: nobody } ]\n");
        try
        {
            Start(alertmanager, "--config.file=alertmanager.yml", "--storage.path=alertmanager", $"--web.listen-address={AlertmanagerUri.Authority}",
                "--web.route-prefix=/alertmanager", "--cluster.listen-address=");
            Start(prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus", $"--web.listen-address={PrometheusUri.Authority}",
                "--web.route-prefix=/prometheus", "--web.config.file=web.yml", "--log.level=warn");
            WaitUntil("ready", () => Get(PrometheusUri, "-/ready") is not null && Get(AlertmanagerUri, "-/ready") is not null);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public Uri PrometheusUri { get; }
    public Uri AlertmanagerUri { get; }

    /// <summary>Whether an alert of a target fires, by Prometheus' own list.</summary>
    public bool Fires(string alert, string target) =>
        Has(JsonNode.Parse(Get(PrometheusUri, "api/v1/alerts") ?? "{}")?["data"]?["alerts"], alert, target, each => (string?)each["state"] == "firing");

    /// <summary>Whether Alertmanager knows an alert of a target.</summary>
    public bool Tells(string alert, string target) => Has(JsonNode.Parse(Get(AlertmanagerUri, "api/v2/alerts") ?? "[]"), alert, target, _ => true);

    /// <summary>How a silence stands, by Alertmanager's own word.</summary>
    public string? StateOf(string silence) => (string?)JsonNode.Parse(Get(AlertmanagerUri, $"api/v2/silence/{silence}") ?? "{}")?["status"]?["state"];

    public void WaitUntil(string what, Func<bool> holds)
    {
        for (var until = DateTime.UtcNow.AddSeconds(60); !holds(); Thread.Sleep(100))
        {
            if (DateTime.UtcNow > until)
                throw new TimeoutException(
                    $"It is not {what} after 60 s: {string.Join('\n', Directory.GetFiles(_folder.FullName, "*.log").Select(File.ReadAllText))}");
        }
    }

    private static bool Has(JsonNode? alerts, string alert, string target, Func<JsonNode, bool> isMeant) =>
        alerts?.AsArray()
            .Any(each => (string?)each!["labels"]!["alertname"] == alert && (string?)each["labels"]!["instance"] == target && isMeant(each)) == true;

    private string? Get(Uri uri, string path)
    {
        try
        {
            using var answer = _http.Send(new HttpRequestMessage(HttpMethod.Get, $"{uri}/{path}"));
            return answer.StatusCode == HttpStatusCode.OK ? answer.Content.ReadAsStringAsync().Result : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private void Start(string program, params string[] arguments)
    {
        var log = Path.Combine(_folder.FullName, $"{Path.GetFileName(program)}.log");
        var start = new ProcessStartInfo("bash", ["-c", "exec \"$@\" >\"$0\" 2>&1", log, program, .. arguments]) { WorkingDirectory = _folder.FullName };
        _processes.Add(Process.Start(start)!);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    private string Scrapes(IEnumerable<string> targets) => $$"""
        global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s, external_labels: { cluster: test } }
        rule_files: [ rules.yml ]
        alerting: { alertmanagers: [ { path_prefix: /alertmanager, static_configs: [ { targets: [ "{{AlertmanagerUri.Authority}}" ] } ] } ] }
        scrape_configs:
          - job_name: shoreguard
            static_configs: [ { targets: [ {{string.Join(", ", targets.Select(target => $"\"{target}\""))}} ] } ]

        """;

    // The documentation's, but for their times.
    private const string Rules = """
        groups:
          - name: shoreguard
            rules:
              - alert: ShoreGuardDown
                expr: up{job="shoreguard"} == 0
                for: 1s
              - alert: GatewayUnhealthy
                expr: shoreguard_gateways_total{status="error"} > 0
                for: 1s
              - alert: HighErrorRate
                expr: rate(shoreguard_http_requests_total{status=~"5.."}[5s]) / rate(shoreguard_http_requests_total[5s]) > 0.05
                for: 1s
              - alert: WebhookDeliveryFailures
                expr: rate(shoreguard_webhook_deliveries_total{status="error"}[15s]) > 0
                for: 1s

        """;

    public void Dispose()
    {
        _http.Dispose();
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
        _folder.Delete(recursive: true);
    }
}
