import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(__dirname, '..', '..');

/** A Markdown file of the repository, path from its root. */
export interface MarkdownFile {
  readonly file: string;
  readonly text: string;
}

/** A fenced block. */
export interface CodeBlock {
  readonly file: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** Every Markdown file people read; API.md is made by a tool of its own, and a template is read as the page made of it. */
export function markdownFiles(): MarkdownFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return listed.filter((file) => file !== '' && file !== 'API.md' && !file.startsWith('test/') && !file.endsWith('.template.md'))
    .map((file) => ({ file, text: readFileSync(path.join(ROOT, file), 'utf8') }));
}

/** The fenced blocks of a file, without what they are indented by. */
export function codeBlocks({ file, text }: MarkdownFile): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const fence = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;
  for (const match of text.matchAll(fence)) {
    const [, indent, language, code] = match;
    const line = text.slice(0, match.index).split('\n').length;
    blocks.push({ file, line, language, code: code.split('\n').map((each) => (each.startsWith(indent) ? each.slice(indent.length) : each)).join('\n') });
  }
  return blocks;
}

/** The text without its fenced blocks. */
export function prose(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** Anchors of the headings, as GitHub makes them. */
export function anchors(text: string): Set<string> {
  return new Set([...prose(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => (
    heading.trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
  )));
}
