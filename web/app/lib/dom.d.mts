// What the page uses of the vendored libraries. Declared by hand: it is little, and the libraries' own
// declarations are ten times the size of the libraries.

/** What a component returns. */
export interface Node {
  readonly type: unknown;
  readonly key: unknown;
}
export type Child = Node | string | number | boolean | null | undefined | Child[];
export type View<P> = (props: P) => Child;

export function h<P>(view: View<P>, props: P & { key?: string | number }, ...children: Child[]): Node;
export function html(strings: TemplateStringsArray, ...values: unknown[]): Node;
export function render(node: Child, parent: Element): void;
export function memo<P>(view: View<P>): View<P>;

export interface Signal<T> {
  value: T;
  peek(): T;
  subscribe(fn: (value: T) => void): () => void;
}
export interface ReadonlySignal<T> {
  readonly value: T;
  peek(): T;
}
export function signal<T>(value: T): Signal<T>;
export function computed<T>(fn: () => T): ReadonlySignal<T>;
export function effect(fn: () => void | (() => void)): () => void;
export function batch<T>(fn: () => T): T;
export function useSignal<T>(value: T): Signal<T>;
export function useComputed<T>(fn: () => T): ReadonlySignal<T>;
export function useSignalEffect(fn: () => void | (() => void)): void;

export function useEffect(fn: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useLayoutEffect(fn: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useMemo<T>(fn: () => T, inputs: readonly unknown[]): T;
export function useRef<T>(initial: T): { current: T };
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
