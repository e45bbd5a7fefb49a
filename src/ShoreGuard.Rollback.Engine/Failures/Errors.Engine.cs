using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException DockerHostInvalid(string host) => Make(
        "DockerHostInvalid", InvalidArgument, host,
        $"'{host}' is neither the address of a Docker Engine nor a context of the docker command.",
        "Give -DockerHost (or DOCKER_HOST) as unix:///path/to/docker.sock, npipe://./pipe/docker_engine or tcp://host:port, or as a context that docker context ls shows.");

    public static ShoreGuardException DockerHostNeedsTunnel(Uri host)
    {
        var user = host.UserInfo.Split(':')[0];
        var server = $"{(user.Length > 0 ? user + "@" : "")}{host.Host}";
        return Make(
            "DockerHostInvalid", InvalidArgument, $"ssh://{server}",
            $"ssh://{server} is reached by ssh, which the docker command starts and this module does not.",
            $"Open a tunnel first: ssh -nNT{(host.IsDefaultPort ? "" : $" -p {host.Port}")} -L /tmp/docker.sock:/var/run/docker.sock {server}, then use -DockerHost unix:///tmp/docker.sock.");
    }

    public static ShoreGuardException DockerConfigUnreadable(string path, Exception inner) => Make(
        "DockerConfigUnreadable", inner is UnauthorizedAccessException ? PermissionDenied : InvalidData, path,
        $"The docker command's settings in {path} cannot be read: {Reason(inner)}.",
        "Mend or remove the file, or name the engine with -DockerHost.", inner);

    public static ShoreGuardException DockerCertificateInvalid(string folder, Exception inner) => Make(
        "DockerCertificateInvalid", inner is UnauthorizedAccessException ? PermissionDenied : InvalidData, folder,
        $"The certificates for the Docker Engine in {folder} cannot be used: {Reason(inner)}.",
        "ca.pem, cert.pem and key.pem are expected there, in PEM and without a passphrase. DOCKER_CERT_PATH names the folder.", inner);

    public static ShoreGuardException EngineTlsFailed(string host, Exception inner) => Make(
        "EngineTlsFailed", SecurityError, host,
        $"No trusted connection to the Docker Engine at {host} can be made: {Reason(inner)}.",
        "Check that ca.pem in DOCKER_CERT_PATH (or of the context) is the authority that signed the engine's certificate, and that the host name is in it.", inner);

    public static ShoreGuardException EngineUnreachable(string host, Exception inner) => Make(
        "EngineUnreachable", ConnectionError, host,
        $"No Docker Engine answers at {host}: {(IsMissingSocket(host) ? "there is no such socket" : Reason(inner))}.",
        "Start the engine, or name the right one with -DockerHost (docker context ls shows the ones you know).", inner);

    // .NET says "Cannot assign requested address" of a socket that is not there.
    private static bool IsMissingSocket(string host) =>
        Uri.TryCreate(host, UriKind.Absolute, out var uri) && uri.Scheme == "unix" && !File.Exists(uri.AbsolutePath);

    public static ShoreGuardException EnginePermissionDenied(string host, Exception inner) => Make(
        "EnginePermissionDenied", PermissionDenied, host,
        $"You may not talk to the Docker Engine at {host}.",
        "Run as root or as a member of the group docker.", inner);

    public static ShoreGuardException EngineTooOld(string host, Version theirs, Version oldest) => Make(
        "EngineTooOld", InvalidOperation, host,
        $"The Docker Engine at {host} speaks API {theirs}; at least {oldest} (Engine 20.10) is needed.",
        "Upgrade the engine.");

    public static ShoreGuardException EngineRefused(string what, int status, string message, Exception? inner = null) => Make(
        "EngineRefused", status == 409 ? ResourceBusy : status == 404 ? ObjectNotFound : InvalidOperation, what,
        $"The Docker Engine refused to {what}: {message.TrimEnd('.')} (HTTP {status}).",
        "The engine's own sentence says why; docker ps --all and the engine's log show more.", inner);

    public static ShoreGuardException EngineConnectionLost(string what, Exception inner) => Make(
        "EngineConnectionLost", ConnectionError, what,
        $"The connection to the Docker Engine broke while it was to {what}: {Reason(inner)}.",
        "Check that the engine runs (docker version), then run the same command again.", inner);

    public static ShoreGuardException DeploymentNotFound(string what, string host) => Make(
        "DeploymentNotFound", ObjectNotFound, what,
        $"There is no ShoreGuard container {what} on the engine at {host}.",
        "docker ps --all lists the containers; name one with -Name, or its Compose project and service with -Project and -Service.");

    public static ShoreGuardException DeploymentGone(string name, string host) => Make(
        "DeploymentGone", ObjectNotFound, name,
        $"The container {name} is no longer on the engine at {host}; somebody removed or replaced it.",
        "Run Get-ShoreGuardDeployment again and use what it gives.");
}
