// What methods of the contracts do, in words.
import type { Language } from '.';
import { methodWords } from './methodWords';

/** `PlanService/PublishPlan` of `duban.v1.PlanService/PublishPlan`. */
export function shortMethod(method: string): string {
  return method.slice(method.lastIndexOf('.') + 1);
}

function spacedOut(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : ' '}${letter.toLowerCase()}`);
}

/** `发布计划`, or `publish plan`; one that is not known here by its name. */
export function methodInWords(method: string, language: Language): string {
  const name = shortMethod(method);
  const chinese = methodWords[name];
  if (chinese === undefined) return name;
  return language === 'zh' ? chinese : spacedOut(name.slice(name.indexOf('/') + 1));
}

/** All of them, to choose from. */
export function methodOptions(language: Language): { value: string; label: string }[] {
  return Object.keys(methodWords).map((name) => ({ value: name, label: `${methodInWords(name, language)} ${name}` }));
}
