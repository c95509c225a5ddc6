"""What Toile knows about garments, label maps and pictures. numpy, cv2 and Pillow only."""
