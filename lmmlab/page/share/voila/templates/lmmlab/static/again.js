// A page without a place asks again: all of them, but not all at once.
setTimeout(() => location.reload(), 15_000 + 15_000 * Math.random());
