// Where the focus goes at the desk by itself: never away from where somebody types.
const TYPING = 'input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';

/** Whether somebody types in another place than `from`, where they were when they asked for what is to come. */
export function isTypingElsewhere(from: Element | null): boolean {
  const at = document.activeElement;
  return at !== null && at !== from && at.matches(TYPING);
}

/** Moves the focus there once it is drawn. */
export function focusLater(id: string, from: Element | null = document.activeElement): void {
  requestAnimationFrame(() => {
    if (isTypingElsewhere(from)) return;
    const element = document.getElementById(id);
    element?.focus({ preventScroll: true });
    element?.scrollIntoView({ block: 'nearest' });
  });
}
