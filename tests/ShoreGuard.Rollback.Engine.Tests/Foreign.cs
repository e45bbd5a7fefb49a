using System.Text;
using System.Text.Json;
using CsCheck;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>What anybody may write where the module expects something of its own: any bytes, and any JSON with the names that it looks for.</summary>
internal static class Foreign
{
    private static readonly Gen<string> Scalar = Gen.OneOf(
        Gen.OneOf("null", "true", "false", "0", "-1", "1e999", "9223372036854775807", "9999999999999999999999", "1.5", "\"\"", "\"ok\"", "\"\\ud800\"",
        "\"\\u001b[2J\"",
            "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "\"sha256:00\"", "\"//elsewhere/x\"", "\"a\\nb\"", "\"\\u0000\"", "[", "}", "\"",
            "{\"a\":1,\"a\":2}"),
        Gen.String[Gen.Char, 0, 12].Select(text => JsonSerializer.Serialize(text)));

    /// <summary>Any bytes; of a text among them, often.</summary>
    public static readonly Gen<byte[]> Bytes = Gen.OneOf(Gen.Byte.Array[0, 200], Gen.String[Gen.Char, 0, 200].Select(Encoding.UTF8.GetBytes));

    /// <summary>JSON, mostly, with these names.</summary>
    public static Gen<byte[]> Json(params string[] names) => Gen.OneOf(Value(names, 4).Select(Encoding.UTF8.GetBytes), Bytes);

    /// <summary>A text of which any part is replaced by anything.</summary>
    public static Gen<byte[]> Broken(string sound) =>
        Gen.Select(Gen.Int[0, sound.Length], Gen.Int[0, 12], Gen.OneOf(Scalar, Gen.String[Gen.Char, 0, 4]), (at, length, instead) =>
        Encoding.UTF8.GetBytes(string.Concat(sound.AsSpan(0, at), instead, sound.AsSpan(Math.Min(sound.Length, at + length)))));

    private static Gen<string> Value(string[] names, int depth) => depth == 0
        ? Scalar
        : Gen.Frequency(
            (2, Scalar),
            (1, Value(names, depth - 1).Array[0, 3].Select(items => $"[{string.Join(',', items)}]")),
            (4, Gen.Select(Gen.OneOf(Gen.OneOf(names), Gen.String[Gen.Char.AlphaNumeric, 0, 4]), Value(names, depth - 1)).Array[0, 5]
                .Select(members => $"{{{string.Join(',', members.Select(member => $"{JsonSerializer.Serialize(member.Item1)}:{member.Item2}"))}}}")));

    /// <summary>Fails for every exception but ours.</summary>
    public static void Survives(Action read)
    {
        try
        {
            read();
        }
        catch (ShoreGuardException)
        {
        }
    }
}
