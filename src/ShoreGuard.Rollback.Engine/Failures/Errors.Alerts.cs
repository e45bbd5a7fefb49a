using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

// Of Prometheus and Alertmanager, whose name each id begins with. None of them says that there is no alert.
internal static partial class Errors
{
    private static string NoAllClear(string service) => service == "Prometheus" ? " Whether alerts fire is not known." : "";

    public static ShoreGuardException MonitorAddressInvalid(string service, string text, string why) => Make(
        $"{service}UriInvalid", InvalidArgument, text,
        $"'{text}' cannot be the address of {service}: {why}.",
        $"Give -{service}Uri as https://host:port, with the path before /api if there is one, for example "
            + $"https://monitoring.example/{service.ToLowerInvariant()}/. A password goes into -Credential, a token into -Token.");

    public static ShoreGuardException MonitorLoginInvalid(string what, string why) => Make(
        nameof(MonitorLoginInvalid), InvalidArgument, what,
        $"The {what} cannot be used: {why}.",
        "Give a bearer token with -Token, or a name and a password with -Credential.");

    public static ShoreGuardException MonitorUnreachable(string service, Uri uri, string why) => Make(
        $"{service}Unreachable", ResourceUnavailable, uri,
        $"{service} does not answer at {uri}: {why.TrimEnd('.')}.{NoAllClear(service)}",
        "Check host and port, and that it runs. A proxy is taken from HTTPS_PROXY and NO_PROXY. -TimeoutSec gives it more time.");

    public static ShoreGuardException MonitorTlsFailed(string service, Uri uri, string why) => Make(
        $"{service}TlsFailed", ResourceUnavailable, uri,
        $"{service} cannot be asked at {uri}: {why.TrimEnd('.')}.{NoAllClear(service)}", FixCertificate);

    public static ShoreGuardException MonitorDenied(string service, Uri uri, int status, bool hasLogin) => Make(
        $"{service}Denied", AuthenticationError, uri,
        $"{service} at {uri} {(hasLogin ? "does not accept the credential" : "wants a credential")} (HTTP {status}).{NoAllClear(service)}",
        hasLogin
            ? "Check the name and password of -Credential, or the token of -Token, and that they are for this address: they are sent nowhere else."
            : "Give a name and a password with -Credential, or a bearer token with -Token.");

    public static ShoreGuardException MonitorForeign(string service, Uri uri, string what) => Make(
        $"{service}Foreign", InvalidData, uri,
        $"What answers at {uri} does not answer as {service} does: {what.TrimEnd('.')}.{NoAllClear(service)}",
        $"Check host, port and the path before /api, for example https://host/{service.ToLowerInvariant()}/. If it is a login page, give an address behind it, "
            + "or -Credential or -Token. Redirects are not followed.");

    public static ShoreGuardException MonitorAnswerTooLarge(string service, Uri uri, string why) => Make(
        $"{service}AnswerTooLarge", InvalidData, uri,
        $"The answer of {service} at {uri} cannot be used: {why}.{NoAllClear(service)}",
        "Ask for less: name the alerts with -Selector, for example alertname=\"ShoreGuardDown\".");

    public static ShoreGuardException MonitorRateLimited(string service, Uri uri, TimeSpan? wait) => Make(
        $"{service}RateLimited", ResourceBusy, uri,
        $"Rate limit of {service} at {uri} reached{(wait is { } time ? $"; retry in {Readable.Duration(time)}" : "")}.{NoAllClear(service)}",
        "Run the same command again after that time.");

    public static ShoreGuardException MonitorRequestRefused(string service, Uri uri, string why) => Make(
        $"{service}RequestRefused", InvalidArgument, uri,
        $"{service} at {uri} does not accept the request: {why}.",
        "Check -Selector: a regular expression (=~, !~) is in the syntax of RE2, and at least one matcher has to be of a value that is not empty.");

    public static ShoreGuardException MonitorFailed(string service, Uri uri, string why) => Make(
        $"{service}Failed", ResourceUnavailable, uri,
        $"{service} at {uri} answers with an error: {why.TrimEnd('.')}.{NoAllClear(service)}",
        "If it has just been started, it reads its data first: run the same command again. Else its log says what is wrong.");

    public static ShoreGuardException SelectorInvalid(string text, string why) => Make(
        nameof(SelectorInvalid), InvalidArgument, text,
        $"'{text}' selects no alerts: {why}.",
        "Write label matchers as PromQL does, with the value in quotes, for example -Selector 'job=\"shoreguard\",severity=~\"page|warning\"'.");

    public static ShoreGuardException SinceInFuture(DateTimeOffset since) => Make(
        nameof(SinceInFuture), InvalidArgument, since,
        $"-Since {Readable.Time(since)} is in the future.",
        "Give a time in the past; one without a time zone is local time.");

    public static ShoreGuardException SilenceNotFound(string id, Uri uri) => Untouched(
        nameof(SilenceNotFound), ObjectNotFound, id,
        $"Alertmanager at {uri} has no silence {id}. It forgets those that have expired after some days.",
        "Check that it is the Alertmanager that the silence was made in: New-ShoreGuardSilence gives both.");

    public static ShoreGuardException SilenceUncertain(Uri uri, string why) => Make(
        nameof(SilenceUncertain), ResourceUnavailable, uri,
        $"Whether Alertmanager at {uri} has taken the silence is not known: {why.TrimEnd('.')}.",
        "Look at its list of silences before you make another one.");
}
