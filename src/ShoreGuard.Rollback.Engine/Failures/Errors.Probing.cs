using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    /// <summary>Said behind an address that is to be understood from inside a container; empty for all others.</summary>
    internal static string Inside(ProbeRoute route) => route == ProbeRoute.ContainerNetwork ? " (asked inside the container's network)" : "";

    public static ShoreGuardException EndpointInvalid(string text, string why) => Make(
        "EndpointInvalid", InvalidArgument, text,
        $"'{text}' cannot be the address of a ShoreGuard application: {why}.",
        "Give -Uri as http://host:port or https://host, with the path prefix if a proxy adds one, for example http://localhost:8888.");

    public static ShoreGuardException EndpointMissing(object? target) => Make(
        "EndpointMissing", InvalidArgument, target,
        "There is no address to ask: what came through the pipeline has no Uri, because its container publishes no port and has no address of its own (is it stopped?).",
        "Start the container, or give the address with -Uri, for example that of the proxy in front of it.");

    public static ShoreGuardException RelayFailed(string containerId, string why) => Make(
        "RelayFailed", ResourceUnavailable, containerId,
        $"No request can be made inside the container {containerId[..12]}: {why.TrimEnd('.')}.",
        "That needs the python3 of ShoreGuard's image. Otherwise give an address at which it can be reached from here with -Uri.");

    public static ShoreGuardException EndpointUnreachable(Uri endpoint, ProbeRoute route, string why) => Make(
        "EndpointUnreachable", ConnectionError, endpoint,
        $"Nothing answers at {endpoint}{Inside(route)}: {why.TrimEnd('.')}.",
        "Check that the container runs and where it answers: Get-ShoreGuardDeployment shows both.");

    public static ShoreGuardException EndpointTimeout(Uri endpoint, ProbeRoute route, TimeSpan timeout) => Make(
        "EndpointTimeout", OperationTimeout, endpoint,
        $"{endpoint}{Inside(route)} gave no answer within {timeout.TotalSeconds:0.###} s.",
        "Allow more with -TimeoutSec, or look at the container's log: a process that does not answer /version in seconds hangs.");

    public static ShoreGuardException EndpointTlsFailed(Uri endpoint, string why) => Make(
        "EndpointTlsFailed", ConnectionError, endpoint,
        $"No secure connection to {endpoint}: {why.TrimEnd('.')}.",
        "Mend the certificate, or, where you know it is the right server, use -SkipCertificateCheck. A server without TLS wants http://.");

    public static ShoreGuardException EndpointRedirected(Uri endpoint, Uri elsewhere) => Make(
        "EndpointRedirected", InvalidData, endpoint,
        $"{endpoint} sends on to {elsewhere.GetLeftPart(UriPartial.Path)}, which is not followed: it may be anybody.",
        $"If ShoreGuard is there, ask there: -Uri {elsewhere.GetLeftPart(UriPartial.Authority)}");

    public static ShoreGuardException EndpointDenied(Uri endpoint, int status) => Make(
        "EndpointDenied", PermissionDenied, endpoint,
        $"{endpoint} refuses to tell its version (HTTP {status}). ShoreGuard tells it to anybody, so a proxy in between refuses.",
        "Ask behind the proxy: Get-ShoreGuardDeployment | Get-ShoreGuardVersion");

    public static ShoreGuardException EndpointFailed(Uri endpoint, int status) => Make(
        "EndpointFailed", InvalidResult, endpoint,
        $"{endpoint} answers its version with HTTP {status}.",
        "See what else is wrong with it: Test-ShoreGuardHealth");

    public static ShoreGuardException EndpointNotShoreGuard(Uri endpoint, string what) => Make(
        "EndpointNotShoreGuard", InvalidData, endpoint,
        $"What answers at {endpoint} is not ShoreGuard: {what}.",
        "Check host, port and path prefix: Get-ShoreGuardDeployment shows where ShoreGuard answers.");
}
