"""Teaching: questions and their answers, fresh questions, progress, and a class of students."""
