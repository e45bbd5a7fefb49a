using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>A backup that held every proof when it was made, and is, by its SHA-256, that very file: its proofs would find the same again.</summary>
/// <param name="Version">The file that was held against the SHA-256.</param>
/// <param name="Sidecar">What was found when it was made.</param>
internal sealed record ProvenBackup(NativeFile.Version Version, BackupSidecar Sidecar);
