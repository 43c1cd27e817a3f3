// Say whether an answer is right, and why, and count the questions whose first answer was right.
for (const quiz of document.querySelectorAll(".quiz:not([data-ready])")) {
  quiz.dataset.ready = "";
  const questions = [...quiz.querySelectorAll("fieldset")];
  quiz.addEventListener("change", ({ target }) => {
    const question = target.closest("fieldset");
    const right = target.dataset.right === "true";
    question.dataset.first ??= right;
    question.querySelector(".quiz-why").textContent = `${right ? "Right." : "No."} ${target.dataset.why}`;
    const answered = questions.filter((one) => one.dataset.first);
    const score = answered.filter((one) => one.dataset.first === "true").length;
    quiz.querySelector(".quiz-score").textContent =
      `${score} of ${answered.length} right at the first try` + (answered.length < questions.length ? " so far." : ".");
  });

  const button = quiz.querySelector("button"); // in a classroom
  const sender = Math.floor(Math.random() * 1e15); // so that sending again replaces these answers
  button?.addEventListener("click", async () => {
    const answers = questions.map((one) => (one.dataset.first ? one.dataset.first === "true" : null));
    const body = JSON.stringify({ lesson: quiz.dataset.lesson, sender, answers });
    try {
      await fetch(`${quiz.dataset.server}/quiz`, { method: "POST", mode: "no-cors", body });
      button.textContent = "Sent. Send again";
    } catch {
      button.textContent = "The teacher's computer cannot be reached. Send again";
    }
  });
}
