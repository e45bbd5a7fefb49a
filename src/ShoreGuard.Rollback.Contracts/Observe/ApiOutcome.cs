namespace ShoreGuard.Rollback;

/// <summary>What became of one call of an API.</summary>
public enum ApiOutcome
{
    /// <summary>It was answered as it should be.</summary>
    Ok,
    /// <summary>Its gateway is offline (503, <c>GATEWAY_NOT_CONNECTED</c>): a finding, and no failure of the build.</summary>
    GatewayOffline,
    /// <summary>401: the token is missing, wrong, expired or revoked.</summary>
    TokenRefused,
    /// <summary>403: the token's role is not enough.</summary>
    PermissionDenied,
    /// <summary>422: the build does not accept the request.</summary>
    Invalid,
    /// <summary>429: the limit of requests is reached.</summary>
    RateLimited,
    /// <summary>Another status, or a body that is not what the call should give.</summary>
    Failed,
    /// <summary>No answer came.</summary>
    Unreachable,
}
