using System.Security.Cryptography;
using System.Text.Json;

namespace ShoreGuard.Rollback.Engine.Operations.Planning;

/// <summary>Tells a plan that was edited: scripts can set what they like on any object.</summary>
/// <remarks>Against mistakes, not against an enemy: who may run the module may make a plan of any kind.</remarks>
internal static class PlanSeal
{
    /// <summary>The plan with its seal.</summary>
    public static RollbackPlan Put(RollbackPlan plan) => plan with { Seal = Of(plan) };

    /// <summary>Refuses what was edited, or made elsewhere.</summary>
    /// <exception cref="ShoreGuardException"><c>PlanForeign</c>, <c>PlanEdited</c>.</exception>
    public static void Check(RollbackPlan plan)
    {
        if (plan.Machine != Environment.MachineName)
            throw Errors.PlanForeign(plan);
        if (plan.Seal != Of(plan))
            throw Errors.PlanEdited(plan);
    }

    // What is run follows from these; the rest is for reading.
    private static string Of(RollbackPlan plan)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(new
        {
            plan.Id,
            plan.MadeAt,
            plan.Machine,
            plan.Deployment.Name,
            plan.Deployment.ContainerId,
            plan.Deployment.DockerHost,
            plan.Options,
            plan.Image,
            plan.Strategy,
            plan.Switch,
            plan.Backup?.BackupPath,
            plan.Losses,
            plan.Obstacles,
            plan.Facts,
        });
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
