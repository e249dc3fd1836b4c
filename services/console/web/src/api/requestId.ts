// The id of a change (`request_id`): the same for every repeat of the same change, so that it takes effect once however
// often it is sent; another one as soon as something else is asked, or once the change went through.

/** 36 characters, version 4; also where the page is not in a secure context, which has no randomUUID. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

interface Sent<Input> {
  input: Input;
  requestId: string;
}

/** What a change is known by: all of it but the etags. What was seen may be something else by the time it is repeated. */
function keyOf(input: unknown): string {
  return JSON.stringify([input], (field, value: unknown) => (field === 'etag' ? undefined : value));
}

/**
 * Changes of which it is not known whether they took effect. Such a one is repeated as it was sent the first time, etag
 * included: then the service, where it took effect, gives the answer of then, and else sees whether somebody was faster.
 */
export class OpenChanges<Input> {
  private readonly open = new Map<string, Sent<Input>>();

  /** What to send for `input`, and its id. */
  sending(input: Input): Sent<Input> {
    const key = keyOf(input);
    const sent = this.open.get(key) ?? { input, requestId: newRequestId() };
    this.open.set(key, sent);
    return sent;
  }

  /** It was refused for good: the next time it is another one. */
  refused(input: Input): void {
    this.open.delete(keyOf(input));
  }

  /** One went through. Whoever asks for the same once more saw what is now, and means it. */
  done(): void {
    this.open.clear();
  }
}
