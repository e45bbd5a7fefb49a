using System.Runtime.CompilerServices;

namespace ShoreGuard.Rollback.Engine;

/// <summary>The same work for many things at the same time, with a bound.</summary>
internal static class Concurrently
{
    private const int AtTheSameTime = 16;

    /// <summary>The results in the order of what they are of, each as soon as it and all before it are there.</summary>
    /// <remarks>Stops the rest when one fails, and when nobody wants more.</remarks>
    public static async IAsyncEnumerable<TResult> SelectAsync<T, TResult>(
        IReadOnlyList<T> source, Func<T, CancellationToken, Task<TResult>> work, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Queue<Task<TResult>>();
        var next = 0;
        try
        {
            while (next < source.Count || running.Count > 0)
            {
                for (; running.Count < AtTheSameTime && next < source.Count; next++)
                {
                    var item = source[next];
                    running.Enqueue(StartAsync(item));
                }
                // Taken off only when it has ended: whatever is left in the queue is waited for below.
                var result = await running.Peek().ConfigureAwait(false);
                _ = running.Dequeue();
                yield return result;
            }
        }
        finally
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            foreach (var task in running)
                await Task.WhenAny(task).ConfigureAwait(false);
        }

        Task<TResult> StartAsync(T item) => Task.Run(() => work(item, stopping.Token), stopping.Token);
    }

    /// <summary>All results, in order.</summary>
    public static async Task<IReadOnlyList<TResult>> SelectAllAsync<T, TResult>(
        IReadOnlyList<T> source, Func<T, CancellationToken, Task<TResult>> work, CancellationToken cancellation)
    {
        var results = new List<TResult>(source.Count);
        await foreach (var result in SelectAsync(source, work, cancellation).ConfigureAwait(false))
            results.Add(result);
        return results;
    }
}
