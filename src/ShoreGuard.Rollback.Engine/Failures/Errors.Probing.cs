using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    /// <summary>Said behind an address that is to be understood from inside a container; empty for all others.</summary>
    internal static string Inside(ProbeRoute route) => route == ProbeRoute.ContainerNetwork ? " (asked inside the container's network)" : "";

    public static ShoreGuardException EndpointInvalid(string text, string why) => Make(
        nameof(EndpointInvalid), InvalidArgument, text,
        $"'{text}' cannot be the address of a ShoreGuard application: {why}.",
        "Give -Uri as http://host:port or https://host, with the path prefix if a proxy adds one, for example http://localhost:8888.");

    public static ShoreGuardException EndpointMissing(object? target) => Make(
        nameof(EndpointMissing), InvalidArgument, target,
        "There is no address to probe: the object from the pipeline has no Uri. Its container publishes no port and has no address of its own; "
            + "it may be stopped.",
        "Start the container, or give an address with -Uri, for example that of the proxy in front of it.");

    public static ShoreGuardException TokenInvalid(string why) => Make(
        nameof(TokenInvalid), InvalidArgument, "token",
        $"The token is no key of ShoreGuard's: {why}.",
        "Give the key of a service principal as it was shown when it was made (sg_…): with -Token or -SmokeToken, as the password of -Credential, or in "
        + "SHOREGUARD_TOKEN.");

    public static ShoreGuardException SmokeTokenRefused(string deployment, string why) => Untouched(
        nameof(SmokeTokenRefused), PermissionDenied, deployment,
        $"The build that runs as {deployment} refuses the key of -SmokeToken, so it cannot tell whether the target's API works ({why}).",
        "Give the key of a service principal with the role viewer, or leave -SmokeToken out, and test the API afterwards with Test-ShoreGuardApi.");

    /// <summary>Said of a rollback that goes on after its process was killed.</summary>
    internal static string SmokeTestNotRepeated(string deployment) =>
        $"The smoke test of {deployment}'s API is not repeated: its key was written down nowhere. "
        + $"Make it by hand: {Advice.Pipe(deployment, "Test-ShoreGuardApi")}";

    public static ShoreGuardException RelayFailed(string containerId, string why) => Make(
        nameof(RelayFailed), ResourceUnavailable, containerId,
        $"No request can be sent inside the container {containerId[..12]}: {why.TrimEnd('.')}.",
        "This needs the python3 of ShoreGuard's image. Otherwise give an address that can be reached from here with -Uri.");

    public static ShoreGuardException EndpointUnreachable(Uri endpoint, ProbeRoute route, string why) => Make(
        nameof(EndpointUnreachable), ConnectionError, endpoint,
        $"Nothing answers at {endpoint}{Inside(route)}: {why.TrimEnd('.')}.",
        "Check that the container runs and where it answers: Get-ShoreGuardDeployment shows both.");

    public static ShoreGuardException EndpointTimeout(Uri endpoint, ProbeRoute route, TimeSpan timeout) => Make(
        nameof(EndpointTimeout), OperationTimeout, endpoint,
        $"{endpoint}{Inside(route)} did not answer within {Readable.Duration(timeout)}.",
        "Allow more time with -TimeoutSec, or check the container's log: a process that does not answer /version within seconds hangs.");

    public static ShoreGuardException EndpointTlsFailed(Uri endpoint, string why) => Make(
        nameof(EndpointTlsFailed), ConnectionError, endpoint,
        $"The TLS connection to {endpoint} failed: {why.TrimEnd('.')}.", FixCertificate);

    internal const string FixCertificate = "Fix the certificate, or use -SkipCertificateCheck if you know that this is the right server. "
        + "If the server does not use TLS, use an http:// address.";

    public static ShoreGuardException EndpointRedirected(Uri endpoint, Uri elsewhere) => Make(
        nameof(EndpointRedirected), InvalidData, endpoint,
        $"{endpoint} redirects to {elsewhere.GetLeftPart(UriPartial.Path)}. Redirects to another host are not followed.",
        $"If ShoreGuard is there, use that address: -Uri {elsewhere.GetLeftPart(UriPartial.Authority)}");

    public static ShoreGuardException EndpointDenied(Uri endpoint, int status) => Make(
        nameof(EndpointDenied), PermissionDenied, endpoint,
        $"{endpoint} refuses to show its version (HTTP {status}). ShoreGuard shows it to anybody, so a proxy refuses the request.",
        $"Bypass the proxy: {Advice.Pipe(null, "Get-ShoreGuardVersion")}");

    public static ShoreGuardException EndpointFailed(Uri endpoint, int status) => Make(
        nameof(EndpointFailed), InvalidResult, endpoint,
        $"{endpoint} answers the request for its version with HTTP {status}.",
        $"Check what else is wrong with it: Test-ShoreGuardHealth -Uri {endpoint}");

    public static ShoreGuardException EndpointNotShoreGuard(Uri endpoint, string what) => Make(
        nameof(EndpointNotShoreGuard), InvalidData, endpoint,
        $"The application at {endpoint} is not ShoreGuard: {what}.",
        "Check host, port and path prefix: Get-ShoreGuardDeployment shows where ShoreGuard answers.");
}
