import { Task as TaskEnum } from '@osum/proto';
import type { Task } from '@osum/text';

const enums: Readonly<Record<Task, TaskEnum>> = {
  asr: TaskEnum.ASR,
  align: TaskEnum.ALIGN,
  chat: TaskEnum.CHAT,
  caption: TaskEnum.CAPTION,
  age: TaskEnum.AGE,
  gender: TaskEnum.GENDER,
  style: TaskEnum.STYLE,
  emotion: TaskEnum.EMOTION,
};

/** The contract's name of a task. */
export function taskEnum(task: Task): TaskEnum {
  return enums[task];
}
