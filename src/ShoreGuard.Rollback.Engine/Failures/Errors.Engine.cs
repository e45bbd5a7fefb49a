using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException DockerHostInvalid(string host) => Make(
        nameof(DockerHostInvalid), InvalidArgument, host,
        $"'{host}' is neither the address of a Docker Engine nor a Docker context.",
        "Set -DockerHost (or DOCKER_HOST) to unix:///path/to/docker.sock, npipe:////./pipe/docker_engine or tcp://host:port, or to a context that docker "
            + "context ls lists.");

    public static ShoreGuardException DockerHostNeedsTunnel(Uri host)
    {
        var user = host.UserInfo.Split(':')[0];
        var server = $"{(user.Length > 0 ? user + "@" : "")}{host.Host}";
        return Make(
            nameof(DockerHostInvalid), InvalidArgument, $"ssh://{server}",
            $"ssh://{server} needs an ssh connection, which this module does not open.",
            $"Open a tunnel first: ssh -nNT{(host.IsDefaultPort ? "" : $" -p {host.Port}")} -L /tmp/docker.sock:/var/run/docker.sock {server}, then use "
            + "-DockerHost unix:///tmp/docker.sock.");
    }

    public static ShoreGuardException DockerConfigUnreadable(string path, Exception inner) => Make(
        nameof(DockerConfigUnreadable), inner is UnauthorizedAccessException ? PermissionDenied : InvalidData, path,
        $"Docker's configuration {path} cannot be read: {Reason(inner)}.",
        "Fix or remove the file, or name the engine with -DockerHost.", inner);

    public static ShoreGuardException DockerCertificateInvalid(string folder, Exception inner) => Make(
        nameof(DockerCertificateInvalid), inner is UnauthorizedAccessException ? PermissionDenied : InvalidData, folder,
        $"The certificates for the Docker Engine in {folder} cannot be used: {Reason(inner)}.",
        "The folder, which DOCKER_CERT_PATH names, must hold ca.pem, cert.pem and key.pem, in PEM and without a passphrase.", inner);

    public static ShoreGuardException EngineTlsFailed(string host, Exception inner) => Make(
        nameof(EngineTlsFailed), SecurityError, host,
        $"The TLS connection to the Docker Engine at {host} is not trusted: {Reason(inner)}.",
        "Check that ca.pem in DOCKER_CERT_PATH (or of the context) signed the engine's certificate, and that the certificate names the host.", inner);

    public static ShoreGuardException EngineUnreachable(string host, Exception inner) => Make(
        nameof(EngineUnreachable), ConnectionError, host,
        $"No Docker Engine answers at {host}: {(IsMissingSocket(host) ? "there is no such socket" : Reason(inner))}.",
        "Start the engine, or name another one with -DockerHost (docker context ls lists those you have).", inner);

    // .NET says "Cannot assign requested address" of a socket that is not there.
    private static bool IsMissingSocket(string host) =>
        Uri.TryCreate(host, UriKind.Absolute, out var uri) && uri.Scheme == "unix" && !File.Exists(uri.AbsolutePath);

    public static ShoreGuardException EnginePermissionDenied(string host, Exception inner) => Make(
        nameof(EnginePermissionDenied), PermissionDenied, host,
        $"You do not have permission to use the Docker Engine at {host}.",
        "Run as root or as a member of the group docker.", inner);

    public static ShoreGuardException EngineTooOld(string host, Version theirs, Version oldest) => Make(
        nameof(EngineTooOld), InvalidOperation, host,
        $"The Docker Engine at {host} supports API {theirs}; this module needs {oldest} (Engine 20.10) or later.",
        "Upgrade the engine.");

    public static ShoreGuardException EngineRefused(string host, string what, int status, string message, Exception? inner = null) => Make(
        nameof(EngineRefused), status == 409 ? ResourceBusy : status == 404 ? ObjectNotFound : InvalidOperation, host,
        $"The Docker Engine refused to {what}: {message.TrimEnd('.')} (HTTP {status}).",
        "The engine's own message says why; docker ps --all and the engine's log show more.", inner);

    public static ShoreGuardException EngineAnswerInvalid(string host, string path, Exception? inner = null) => Make(
        nameof(EngineAnswerInvalid), InvalidData, host,
        $"What answers at {host} is no Docker Engine: its answer to {path.Split('?')[0]} cannot be used{(inner is null ? "" : $" ({Reason(inner)})")}.",
        "Check the address (-DockerHost, DOCKER_HOST, docker context ls), and that no proxy answers instead of the engine.", inner);

    public static ShoreGuardException ContainerUndescribed(string name, string part) => Untouched(
        nameof(EngineAnswerInvalid), InvalidData, name,
        $"The engine's description of {name} has no {part}, so no container can be made like it.",
        "Check that it is a Docker Engine of 20.10 or later, or one that answers as it does (docker version), and what docker inspect shows.");

    public static ShoreGuardException EngineDiskFull(string host, string what, Exception inner) => Untouched(
        nameof(DiskFull), ResourceUnavailable, host,
        $"The Docker Engine has no space left to {what}.",
        "Free space in the engine's data folder (docker system df shows what uses it), then run the same command again.", inner);

    public static ShoreGuardException EngineConnectionLost(string host, string what, Exception inner) => Make(
        nameof(EngineConnectionLost), ConnectionError, host,
        $"The connection to the Docker Engine broke during the request to {what}: {Reason(inner)}.",
        "Check that the engine runs (docker version), then run the same command again.", inner);

    public static ShoreGuardException EngineSilent(string host, string what, TimeSpan patience, Exception inner) => Make(
        nameof(EngineConnectionLost), ConnectionError, host,
        $"The Docker Engine has not answered the request to {what} within {Readable.Duration(patience)}.",
        "It hangs, or is overloaded: see whether docker ps and docker inspect answer, and the engine's log. Then run the same command again.", inner);

    public static ShoreGuardException DeploymentNotFound(string target, string what, string host) => Make(
        nameof(DeploymentNotFound), ObjectNotFound, target,
        $"The engine at {host} has no ShoreGuard container {what}.",
        "Get-ShoreGuardDeployment without -Name and -Project lists the deployments, docker ps --all the containers. -Service names the Compose service if "
            + "it is not called shoreguard.");

    public static ShoreGuardException DeploymentGone(string name, string host) => Make(
        nameof(DeploymentGone), ObjectNotFound, name,
        $"The container {name} is no longer on the engine at {host}; somebody removed or replaced it.",
        $"Get the deployment again: Get-ShoreGuardDeployment -Name {name}");
}
