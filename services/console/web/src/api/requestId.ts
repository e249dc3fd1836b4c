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

export class RequestIds {
  private body = '';
  private id = '';

  /** The id to send `body` with. */
  idFor(body: string): string {
    if (this.id === '' || this.body !== body) {
      this.body = body;
      this.id = newRequestId();
    }
    return this.id;
  }

  /** The change went through, or was refused for good: the next one is another, even if it says the same. */
  settled(): void {
    this.id = '';
  }
}
