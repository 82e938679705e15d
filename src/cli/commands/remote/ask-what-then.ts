/** What is to become of an execution that is not followed any more. */
export type WhatThen = 'stop' | 'leave' | 'follow';

const ANSWERS: readonly WhatThen[] = ['stop', 'leave', 'follow'];

/** Asks somebody. @param name of the execution */
export type AskWhatThen = (name: string) => Promise<WhatThen>;

/** Asks on the terminal; undefined where there is none, and nobody can be asked. */
export function askOnTerminal(): AskWhatThen | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (name) => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { default: input } = require('@inquirer/input') as typeof import('@inquirer/input');
    try {
      const answer = await input({
        message: `${name} goes on: stop it, leave it, or follow it?`,
        default: 'leave',
        validate: (text) => answerOf(text) !== undefined || 'stop, leave or follow',
      }, { output: process.stderr });
      return answerOf(answer) ?? 'leave';
    } catch (error) {
      // Ctrl-C again: whoever is in a hurry has not said that it is to be stopped.
      if ((error as Error).name === 'ExitPromptError') return 'leave';
      throw error;
    }
  };
}

/** The answer that a text begins. */
export function answerOf(text: string): WhatThen | undefined {
  const typed = text.trim().toLowerCase();
  return typed === '' ? undefined : ANSWERS.find((answer) => answer.startsWith(typed));
}
