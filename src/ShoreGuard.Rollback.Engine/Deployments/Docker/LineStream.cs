using System.Text;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>Hands what is written to it on, line by line.</summary>
internal sealed class LineStream(Action<string> line) : WriteOnlyStream
{
    private readonly List<byte> _begun = [];

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        foreach (var each in buffer)
        {
            if (each == '\n')
                EndLine();
            else
                _begun.Add(each);
        }
    }

    private void EndLine()
    {
        if (_begun.Count > 0)
            line(Encoding.UTF8.GetString([.. _begun]).TrimEnd('\r'));
        _begun.Clear();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            EndLine();
        base.Dispose(disposing);
    }
}
