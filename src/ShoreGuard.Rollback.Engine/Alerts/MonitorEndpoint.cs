using System.Net.Http.Headers;
using System.Text;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Alerts;

/// <summary>A Prometheus or an Alertmanager: where it is, and with what it is asked. A password or token is in no text that anybody reads.</summary>
public sealed record MonitorEndpoint
{
    private const string PrometheusName = "Prometheus";
    private const string AlertmanagerName = "Alertmanager";

    private MonitorEndpoint(string service, Uri uri)
    {
        Service = service;
        Uri = new(Endpoint.Normalize(uri, (text, why) => Errors.MonitorAddressInvalid(service, text, why)).GetLeftPart(UriPartial.Path));
    }

    /// <summary>Its address, without the query that one may have been copied with.</summary>
    public Uri Uri { get; }
    /// <summary>How long each answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>Whether any TLS certificate will do.</summary>
    public bool SkipCertificateCheck { get; init; }
    /// <summary>Whether what it is asked with can be read on the way there.</summary>
    public bool IsExposed => Authorization is not null && ApiToken.IsExposed(Uri, ProbeRoute.Address);

    internal string Service { get; }
    internal AuthenticationHeaderValue? Authorization { get; private init; }

    /// <summary>A Prometheus, or what answers as one.</summary>
    /// <exception cref="ShoreGuardException"><c>PrometheusUriInvalid</c>.</exception>
    public static MonitorEndpoint Prometheus(Uri uri) => new(PrometheusName, uri);

    /// <summary>An Alertmanager.</summary>
    /// <exception cref="ShoreGuardException"><c>AlertmanagerUriInvalid</c>.</exception>
    public static MonitorEndpoint Alertmanager(Uri uri) => new(AlertmanagerName, uri);

    /// <summary>The same, asked with a token (RFC 6750).</summary>
    /// <exception cref="ShoreGuardException"><c>MonitorLoginInvalid</c>: no token looks so.</exception>
    public MonitorEndpoint WithToken(string token) => this with { Authorization = ApiToken.Of(token, why => Errors.MonitorLoginInvalid("token", why)).Header };

    /// <summary>The same, asked with a name and a password (RFC 7617).</summary>
    /// <exception cref="ShoreGuardException"><c>MonitorLoginInvalid</c>: the name has a colon.</exception>
    public MonitorEndpoint WithPassword(string user, string password) => user.Contains(':', StringComparison.Ordinal)
        ? throw Errors.MonitorLoginInvalid("user name", "it has a colon, which HTTP takes for its end")
        : this with { Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"))) };

    /// <summary>For people: its name and address.</summary>
    public override string ToString() => $"{Service} {Uri}";
}
