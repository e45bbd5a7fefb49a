using System.Globalization;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

/// <summary>A question to a server on loopback, and what its answer is to say besides its content.</summary>
internal sealed class HttpExchange
{
    /// <summary>What ends the head of a question. Docker.DotNet ends the lines in it as the system does, and the head by CR and LF.</summary>
    public const string EndOfHead = "\n\r\n";

    private readonly string _head;
    private readonly StringBuilder _headers = new();

    /// <param name="request">The head and what follows, a character a byte.</param>
    public HttpExchange(string request)
    {
        var end = request.IndexOf(EndOfHead, StringComparison.Ordinal) + EndOfHead.Length;
        (_head, Body) = (request[..end], request[end..]);
        (Method, Target) = _head.Split(' ') is [var method, var target, ..] ? (method, target) : ("", "");
    }

    public string Method { get; }

    /// <summary>Path and query, as they were sent.</summary>
    public string Target { get; }

    public string Path => Target.Split('?')[0];

    public string Query => Target[Path.Length..].TrimStart('?');

    public string Body { get; }

    public int Status { get; set; } = 200;

    /// <summary>A header of the question; null where it has none of that name.</summary>
    public string? Header(string name) => HeaderOf(_head, name);

    /// <summary>A header of a head; null where it has none of that name.</summary>
    public static string? HeaderOf(string head, string name) =>
        head.Split('\n').Select(line => line.Split(": ", 2))
            .FirstOrDefault(pair => pair.Length == 2 && pair[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1].TrimEnd('\r');

    /// <summary>A parameter of the query; null where there is none of that name.</summary>
    public string? Parameter(string name) =>
        Query.Split('&').Select(pair => pair.Split('=', 2)).FirstOrDefault(pair => pair.Length == 2 && pair[0] == name) is [_, var value]
            ? Uri.UnescapeDataString(value) : null;

    public void AddHeader(string name, string value) => _headers.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");

    public void Redirect(string location)
    {
        Status = 302;
        AddHeader("Location", location);
    }

    /// <summary>The whole answer.</summary>
    public byte[] Answer(byte[] content)
    {
        var head = $"HTTP/1.1 {Status} X\r\nContent-Length: {(Method == "HEAD" ? 0 : content.Length)}\r\nConnection: close\r\n{_headers}\r\n";
        return [.. Encoding.UTF8.GetBytes(head), .. Method == "HEAD" ? [] : content];
    }
}
