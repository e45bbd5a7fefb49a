using ShoreGuard.Rollback.Engine.Alerts;
using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Observing;

/// <summary>What to watch, for how long, and with what.</summary>
public sealed record ObservationRequest
{
    /// <summary>The deployment; null where only an address is watched.</summary>
    public Deployment? Deployment { get; init; }
    /// <summary>The address, where there is no deployment.</summary>
    public Uri? Uri { get; init; }
    /// <summary>For how long.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>How much time passes between the beginnings of two looks.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>With what the API is asked; null for no smoke calls.</summary>
    public ApiToken? Token { get; init; }
    /// <summary>The Prometheus whose alerts are looked at; null for none.</summary>
    public MonitorEndpoint? Prometheus { get; init; }
    /// <summary>The release that should answer; null where any will do.</summary>
    public string? ExpectedVersion { get; init; }
    /// <summary>Checks of <c>/readyz</c> that do not count, by wildcard.</summary>
    public IReadOnlyList<string> IgnoredChecks { get; init; } = [];
    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Whether any TLS certificate will do.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>How long silence has to last, and that a container does not run: one that is being stopped, or replaced, falls silent first. Longer than the
    /// engine waits for an end before it kills.</summary>
    internal TimeSpan Settling { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How it is called.</summary>
    internal string Name => Deployment?.Name ?? Uri!.ToString().TrimEnd('/');

    /// <summary>What is asked of an endpoint.</summary>
    internal HealthRequest Health(EndpointRoute route) => new()
    {
        Uri = route.Uri,
        Route = route,
        Name = Deployment?.Name,
        Timeout = Timeout,
        SkipCertificateCheck = SkipCertificateCheck,
        IgnoredChecks = IgnoredChecks,
        DiscoveryEnabled = Deployment?.DiscoveryEnabled,
        ExpectedVersion = ExpectedVersion,
    };
}
